"""What is said on the telephone: numbers as people say them, and the brief in the order of an emergency call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import lifecycle
from alerts.brief import BedInfo
from alerts.channels.telephone.aloud import aloud, clock_words, count_words, one_by_one
from alerts.channels.telephone.call_words import (
    OF_THIS_HOME,
    RECORDABLE,
    Caller,
    Phrase,
    asks,
    goodbye,
    news,
    question,
    whole_brief,
)
from alerts.lifecycle import Step
from alerts.model import Alert, AlertKind, Detection, Outcome, Phase, Severity

CHINA = ZoneInfo("Asia/Shanghai")
T0 = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)  # 15:05 in the home


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("幸福小区 3 号楼 2 单元 402", "幸福小区三号楼二单元四零二"),
        ("12 号楼 1101 室", "十二号楼幺幺零幺室"),
        ("2019 年脑梗", "二零一九年脑梗"),
        ("下午 3:05 按了", "下午三点零五分按了"),
        ("上午 10:00", "上午十点整"),
        ("凌晨 2:30", "凌晨两点三十分"),
        ("已经 3 小时 10 分", "已经三小时十分"),
        ("请拨 120", "请拨幺二零"),
        ("李秀兰（床头按钮）。", "李秀兰，床头按钮。"),
        ("共 20 次", "共二十次"),
        ("05 室", "零五室"),
    ],
)
def test_numbers_are_said_as_people_say_them(written: str, said: str) -> None:
    assert aloud(written) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("96111", "九六幺幺幺"),
        ("13955500417", "幺三九，五五五零，零四幺七"),
        ("0471-5550417", "零四七幺，五五五，零四幺七"),
        ("+86 471 5550417", "八六，四七幺，五五五，零四幺七"),
        ("120", "幺二零"),
        ("", ""),
    ],
)
def test_a_telephone_number_is_read_digit_by_digit(number: str, said: str) -> None:
    assert one_by_one(number) == said


@given(st.text(max_size=60))
def test_nothing_that_is_said_holds_a_digit(text: str) -> None:
    assert not any(letter in "0123456789" for letter in aloud(text) + one_by_one(text))


def test_counts_and_clocks() -> None:
    assert [count_words(n) for n in (0, 2, 10, 12, 20, 99)] == ["零", "二", "十", "十二", "二十", "九十九"]
    assert [clock_words(2, 0), clock_words(12, 5), clock_words(None, 45)] == ["两点整", "十二点零五分", "四十五分"]


BED = BedInfo(
    bed_code="NMG-417",
    resident="李秀兰",
    illnesses=("高血压", "2019 年脑梗"),
    address="呼和浩特市赛罕区幸福小区 3 号楼 2 单元 402",
    how_to_enter="钥匙在对门 401",
    phone="0471-5550417",
    rooms={"bedroom": "卧室"},
    devices={"button": "床头按钮"},
)
CALLER = Caller(bed=BED, timezone=CHINA)


def pressed(**changes: object) -> Alert:
    found = Detection(
        key="k",
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=Severity.EMERGENCY,
        subject="button",
        device="button",
        since=T0,
        at=T0,
        reason="pressed",
    )
    change = lifecycle.apply([], {}, found)
    assert change is not None
    return replace(change.alert, **changes)  # type: ignore[arg-type]


def texts(phrases: tuple[Phrase, ...]) -> list[str]:
    return [phrase.text for phrase in phrases]


def whole(alert: Alert, caller: Caller = CALLER, *, again: bool = False) -> list[str]:
    return texts(whole_brief(alert, caller, again=again))


def test_the_brief_in_the_order_of_an_emergency_call() -> None:
    assert whole(pressed()) == [
        "您好，这里是家庭养老床位守望系统，自动报警电话。",
        "有老人紧急呼叫。",
        "李秀兰老人下午三点零五分按了紧急呼叫，床头按钮。",
        "地址，",
        "呼和浩特市赛罕区幸福小区三号楼二单元四零二。",
        "进门方式，",
        "钥匙在对门四零幺。",
        "病史，",
        "高血压，二零一九年脑梗。",
        "回电号码，",
        "零四七幺，五五五，零四幺七。",
        "接警请按一，重听请按二。",
    ]


def test_from_the_second_round_on_the_ambulance_is_suggested() -> None:
    assert whole(pressed(), again=True)[-2] == "已经多次呼叫，还没有人接警。情况紧急时，请同时拨打急救电话幺二零。"
    assert "幺二零" not in "".join(whole(pressed()))


def test_what_is_not_known_is_left_out() -> None:
    bare = Caller(bed=BedInfo(bed_code="", resident="李秀兰"), timezone=CHINA)
    assert whole(pressed(device=""), bare) == [
        "您好，这里是家庭养老床位守望系统，自动报警电话。",
        "有老人紧急呼叫。",
        "李秀兰老人下午三点零五分按了紧急呼叫。",
        "接警请按一，重听请按二。",
    ]


def test_who_calls_and_whom_to_ring_back_may_be_set() -> None:
    said = whole(pressed(), replace(CALLER, name="幸福社区养老服务驿站", call_back="95598"))
    assert said[1] == "幸福社区养老服务驿站。"
    assert said[-2] == "九五五九八。"


def test_a_test_is_said_to_be_one() -> None:
    assert whole(pressed(test=True))[1] == "这是一次测试，不是真实告警。"
    assert "测试" not in "".join(whole(pressed()))


def test_a_long_line_is_cut_where_nobody_would_remember_it() -> None:
    long = Caller(bed=replace(BED, how_to_enter="左转" * 50), timezone=CHINA)
    assert len(next(text for text in whole(pressed(), long) if text.startswith("左转"))) <= 61


def test_news_says_who_has_it_and_asks_nothing() -> None:
    taken = lifecycle.decide(pressed(), Step.ACKNOWLEDGED, by="张敏", at=T0).alert
    assert texts(news(taken, CALLER))[-2:] == ["已由张敏接警。", "您不用再处理，谢谢。"]
    closed = lifecycle.decide(taken, Step.CLOSED, by="张敏", at=T0, outcome=Outcome.FALSE_ALARM).alert
    assert texts(news(closed, CALLER))[-2:] == ["警情已经结束，谢谢。", "您不用再处理，谢谢。"]
    assert [asks(alert) for alert in (pressed(), taken, closed)] == [True, False, False]


def test_the_goodbye_names_who_has_it() -> None:
    assert texts(goodbye("热线", "热线")) == ["已登记，谢谢。"]
    assert texts(goodbye("热线", "张敏")) == ["已由张敏接警，谢谢。"]
    assert texts(goodbye("热线", "")) == ["警情已经结束，谢谢。"]


def test_the_resident_herself_is_asked_how_she_is() -> None:
    alert = pressed(kind=AlertKind.INACTIVITY, opened_at=T0 + timedelta(hours=5))
    said = texts(question(alert, CALLER))
    assert said[1:] == [
        "李秀兰，您好。家里已经五小时没有看到您活动了，您还好吗？",
        "一切都好，请按一，重听请按二。",
    ]


def test_every_named_phrase_can_be_recorded_and_is_plain_to_say() -> None:
    caller = replace(CALLER, name="驿站")
    phrases = (*whole_brief(pressed(test=True), caller, again=True), *question(pressed(), CALLER))
    named = {each.name for phrase in phrases for each in (phrase, *phrase.parts)} - {""}
    assert named <= {*RECORDABLE, *OF_THIS_HOME}
    assert all(text == aloud(text) for text in RECORDABLE.values())


def test_time_and_number_can_be_said_from_recordings_alone() -> None:
    phrases = whole_brief(pressed(), CALLER, again=False)
    sentence, number = phrases[2], phrases[-2]
    assert [part.name for part in sentence.parts] == ["resident", "when", "day.afternoon", "hour.3", "minute.05"]
    assert [part.name for part in number.parts] == [f"digit.{digit}" for digit in "04715550417"]
