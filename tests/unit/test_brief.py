"""The words that reach a person, exactly as they are read or spoken."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.brief import LINE_LIMIT, SENTENCE_LIMIT, BedInfo, brief
from alerts.model import Alert, AlertKind, AlertState, Severity
from alerts.occurrence import REASONS, TITLES
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from alerts.spoken import Language

HOHHOT = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 22, 1, 58, tzinfo=UTC)  # 09:58 in the home
NIGHT = datetime(2026, 11, 21, 17, 20, tzinfo=UTC)  # 01:20 in the home, on 22 November

ZH = BedInfo(
    bed_code="NM-0471",
    resident="张秀英",
    birth_year=1944,
    ability_level=2,
    illnesses=("高血压", "糖尿病"),
    address="呼和浩特市新城区海拉尔东街 12 号院 3 单元 502",
    how_to_enter="对门王姨有钥匙",
    phone="0471-5550123",
    rooms={"bath": "卫生间", "kitchen": "厨房", "hall": "门厅"},
    devices={
        "cord": "卫生间拉绳",
        "radar": "跌倒雷达",
        "pir": "厨房人体感应",
        "door": "大门门磁",
        "bridge": "无线网关",
    },
)
EN = replace(
    ZH,
    resident="Zhang Xiuying",
    illnesses=("high blood pressure", "diabetes"),
    address="502, entrance 3, 12 Hailar East Street, Hohhot",
    how_to_enter="Mrs Wang opposite has a key",
    rooms={"bath": "bathroom", "kitchen": "kitchen", "hall": "hall"},
    devices={
        "cord": "bathroom cord",
        "radar": "fall radar",
        "pir": "kitchen motion",
        "door": "front door",
        "bridge": "radio bridge",
    },
)
WHO_ZH = "张秀英老人（82 岁，床位 NM-0471）"
RETURNED_EN = "The condition has gone by itself, but nobody has looked in yet"
WHO_EN = "Zhang Xiuying (82, bed NM-0471)"


def alert_of(kind: AlertKind = AlertKind.EMERGENCY, reason: str = "pressed", **fields: object) -> Alert:
    since = fields.pop("since", MORNING)
    assert isinstance(since, datetime)
    plain: dict[str, object] = {
        "key": "pressed/cord/1",
        "severity": Severity.EMERGENCY,
        "subject": "resident",
        "state": AlertState.OPEN,
        "since": since,
        "opened_at": since,
        "last_at": since,
        "updated_at": since,
        "called_from": since,
    }
    return Alert(kind=kind, reason=reason, **{**plain, **fields})  # type: ignore[arg-type]


def sentences(alert: Alert) -> tuple[str, str]:
    zh = brief(alert, ZH, language="zh", timezone=HOHHOT)
    en = brief(alert, EN, language="en", timezone=HOHHOT)
    return zh.sentence, en.sentence


IN_BATH = {"device": "cord", "evidence": {"device": "cord", "room": "bath"}}
FELL = {"device": "radar", "evidence": {"room": "bath", "limit_s": 300.0}}

TOLD = tomllib.loads(Path(__file__).with_name("brief_sentences.toml").read_text(encoding="utf-8"))
KIND_SAYS_ENOUGH = {"no_sign_of_life_floor", "tampered", "battery_low", "chain_tested"}
OVER = {
    "up_again", "sign_of_life", "door_closed", "back_home", "hazard_over", "tamper_over", "battery_changed",
    "heard_again", "bridge_up", "broker_up", "trouble_over", "mains_back", "button_released",
    "trial_made", "unseen_in_time", "left_bathroom", "back_in_bed", "up", "night_over",
}  # fmt: skip
UNKNOWN = TOLD.pop("some_later_reason")


@pytest.mark.parametrize("reason", sorted(TOLD))
def test_each_reason_is_told_in_one_sentence(reason: str) -> None:
    told = TOLD[reason]
    alert = alert_of(AlertKind(told["kind"]), reason, **told["alert"])
    assert sentences(alert) == (told["zh"].format(WHO_ZH), told["en"].format(WHO_EN))


def test_every_reason_with_a_clause_is_told_there() -> None:
    assert set(TOLD) == set(REASONS)


def test_every_reason_of_the_detectors_has_a_clause_or_needs_none() -> None:
    assert {reason.value for reason in Reason} == set(REASONS) | KIND_SAYS_ENOUGH | OVER


@pytest.mark.parametrize("kind", AlertKind)
def test_a_reason_from_a_later_version_still_gives_a_true_sentence(kind: AlertKind) -> None:
    told = UNKNOWN[kind]
    alert = alert_of(kind, "some_later_reason", opened_at=MORNING + timedelta(hours=2))
    first_zh, first_en = (told.split("这是迟到")[0].split(" This alert is late")[0] for told in sentences(alert))
    assert (first_zh, first_en) == (told["zh"].format(WHO_ZH), told["en"].format(WHO_EN))


def test_the_whole_brief_says_where_how_to_get_in_and_whom_to_ring() -> None:
    told = brief(alert_of(**IN_BATH), ZH, language="zh", timezone=HOHHOT)
    assert told.title == "紧急呼叫 · 张秀英 · NM-0471"
    assert told.lines == (
        "地址：呼和浩特市新城区海拉尔东街 12 号院 3 单元 502",
        "进门：对门王姨有钥匙",
        "回电：0471-5550123",
        "病史：高血压、糖尿病、中度失能",
    )
    told = brief(alert_of(**IN_BATH), EN, language="en", timezone=HOHHOT)
    assert told.title == "Emergency call · Zhang Xiuying · NM-0471"
    assert told.lines == (
        "Address: 502, entrance 3, 12 Hailar East Street, Hohhot",
        "Way in: Mrs Wang opposite has a key",
        "Call back: 0471-5550123",
        "Health: high blood pressure, diabetes, moderately dependent",
    )


def test_further_presses_are_counted_and_placed_where_the_last_one_was() -> None:
    alert = alert_of(count=3, last_at=MORNING + timedelta(minutes=4), **IN_BATH)
    assert sentences(alert) == (
        f"{WHO_ZH}上午 9:58 按了紧急呼叫。上午 10:02 又在卫生间按了一次（卫生间拉绳），共 3 次。",
        (
            f"{WHO_EN} pressed for help at 9:58 am. "
            "Pressed again in the bathroom at 10:02 am (bathroom cord), 3 times in all."
        ),
    )


def test_a_press_learned_late_says_so_in_the_sentence() -> None:
    since = datetime(2026, 11, 22, 13, 40, tzinfo=UTC)
    assert sentences(alert_of(since=since, opened_at=since + timedelta(minutes=90))) == (
        f"{WHO_ZH}晚上 9:40 按了紧急呼叫。这是迟到的告警：盒子断电或断线期间发生，晚上 11:10 才得知。",
        (
            f"{WHO_EN} pressed for help at 9:40 pm. "
            "This alert is late: it happened while the box was off or cut off, and was learned only at 11:10 pm."
        ),
    )


def test_a_limit_that_has_to_pass_is_not_lateness() -> None:
    fell = alert_of(AlertKind.FALL, "fall_suspected", opened_at=MORNING + timedelta(seconds=305), **FELL)
    assert "迟到" not in sentences(fell)[0]
    assert "迟到" in sentences(replace(fell, opened_at=MORNING + timedelta(seconds=361)))[0]


def test_what_began_on_another_day_is_told_with_its_date() -> None:
    since = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    alert = alert_of(
        AlertKind.INACTIVITY, "no_sign_of_life_by_night", since=since, opened_at=NIGHT + timedelta(hours=5)
    )
    assert sentences(alert) == (
        f"{WHO_ZH}在家，从11 月 21 日晚上 8:30 起没有动静，已经 9 小时 50 分。",
        f"{WHO_EN} is at home without a sign of life since 8:30 pm on 21 Nov, for 9 hours 50 minutes.",
    )


def test_inactivity_shows_the_last_sign_the_bed_the_sensors_and_the_limit() -> None:
    evidence: dict[str, object] = {
        "silent_s": 11_400.0, "limit_s": 10_800.0, "in_bed": True, "sensors_alive": 4, "sensors": 5,
        "last_sign_at": "2026-11-22T01:58:00+00:00", "last_sign_device": "pir", "last_sign_room": "kitchen",
    }  # fmt: skip
    alert = alert_of(AlertKind.INACTIVITY, "no_sign_of_life_by_day", evidence=evidence)
    assert brief(alert, ZH, language="zh", timezone=HOHHOT).lines[4:] == (
        "最后动静：上午 9:58（厨房、厨房人体感应）",
        "床垫传感器：人在床上",
        "屋里 5 个传感器中 4 个正常",
        "规定：3 小时没有动静就告警",
    )
    assert brief(alert, EN, language="en", timezone=HOHHOT).lines[4:] == (
        "Last sign of life: 9:58 am (kitchen, kitchen motion)",
        "Bed sensor: somebody is in the bed",
        "4 of 5 sensors in the rooms are working",
        "Limit: 3 hours without a sign of life",
    )


def test_a_silent_call_button_says_what_that_means() -> None:
    evidence = {"role": "sos", "last_heard_at": "2026-11-21T01:58:00+00:00", "room": "bath"}
    alert = alert_of(AlertKind.SILENCE, "device_silent", subject="cord", evidence=evidence)
    assert brief(alert, ZH, language="zh", timezone=HOHHOT).lines[4:] == (
        "最后消息：11 月 21 日上午 9:58",
        "修好之前，靠它求助可能没人知道，请尽快上门",
    )
    assert brief(alert, EN, language="en", timezone=HOHHOT).lines[4:] == (
        "Last heard: 9:58 am on 21 Nov",
        "Until it is mended, a call for help through it may go unheard: please visit soon",
    )


def test_a_low_battery_tells_its_charge() -> None:
    alert = alert_of(AlertKind.BATTERY, "battery_low", subject="cord", evidence={"percent": 11.6})
    assert brief(alert, ZH, language="zh", timezone=HOHHOT).lines[4:] == ("电量：12%",)
    assert brief(alert, EN, language="en", timezone=HOHHOT).lines[4:] == ("Battery: 12%",)


@pytest.mark.parametrize(
    ("state", "zh", "en"),
    [
        (AlertState.ACKNOWLEDGED, "李站长已接警", "Li has taken the alert"),
        (AlertState.ATTENDED, "李站长已到场", "Li is with the resident"),
        (AlertState.RETURNED, "情况已自行解除，但还没有人看过老人", RETURNED_EN),
        (AlertState.CANCELLED, "老人已自己取消", "The resident has cancelled it"),
        (AlertState.CLOSED, "已办结", "Closed"),
    ],
)
def test_the_state_comes_first_when_it_is_no_longer_open(state: AlertState, zh: str, en: str) -> None:
    assert brief(alert_of(state=state, by="李站长"), ZH, language="zh", timezone=HOHHOT).lines[0] == zh
    assert brief(alert_of(state=state, by="Li"), EN, language="en", timezone=HOHHOT).lines[0] == en


def test_who_set_out_and_who_never_arrived_is_said() -> None:
    away = alert_of(state=AlertState.ACKNOWLEDGED, by="李站长", set_out_at=MORNING)
    assert brief(away, ZH, language="zh", timezone=HOHHOT).lines[0] == "李站长已出发"
    late = alert_of(evidence={"overdue_by": "李站长", "overdue_s": 1080.0})
    assert brief(late, ZH, language="zh", timezone=HOHHOT).lines[0] == "李站长接警后 18 分钟仍无人到场，再次呼叫"
    english = "李站长 took it, and nobody had arrived 18 minutes later: called again"
    assert brief(late, EN, language="en", timezone=HOHHOT).lines[0] == english


@pytest.mark.parametrize(
    ("kind", "state", "test", "said"),
    [
        (AlertKind.EMERGENCY, AlertState.OPEN, False, True),
        (AlertKind.INACTIVITY, AlertState.RETURNED, False, True),
        (AlertKind.EMERGENCY, AlertState.ACKNOWLEDGED, False, False),
        (AlertKind.EMERGENCY, AlertState.OPEN, True, False),
        (AlertKind.BATTERY, AlertState.OPEN, False, False),
    ],
)
def test_after_a_round_that_brought_nobody_an_ambulance_is_suggested(
    kind: AlertKind, state: AlertState, *, test: bool, said: bool
) -> None:
    third = alert_of(kind, rounds=3, state=state, test=test)
    lines = brief(third, ZH, language="zh", timezone=HOHHOT).lines
    assert ("已呼叫 2 轮仍无人接警，请考虑同时拨打 120" in lines) is said
    assert not any("120" in line for line in brief(replace(third, rounds=1), ZH, language="zh", timezone=HOHHOT).lines)


@pytest.mark.parametrize(
    ("hour", "zh", "en"),
    [
        (0, "凌晨 0:05", "12:05 am"),
        (5, "凌晨 5:05", "5:05 am"),
        (6, "上午 6:05", "6:05 am"),
        (12, "中午 12:05", "12:05 pm"),
        (13, "下午 1:05", "1:05 pm"),
        (17, "下午 5:05", "5:05 pm"),
        (18, "晚上 6:05", "6:05 pm"),
        (23, "晚上 11:05", "11:05 pm"),
    ],
)
def test_hours_are_told_as_people_tell_them(hour: int, zh: str, en: str) -> None:
    since = datetime(2026, 11, 22, hour, 5, tzinfo=HOHHOT)
    assert sentences(alert_of(since=since)) == (f"{WHO_ZH}{zh} 按了紧急呼叫。", f"{WHO_EN} pressed for help at {en}.")


def test_a_bed_of_which_nothing_is_known_still_gives_a_sentence() -> None:
    told = brief(alert_of(), BedInfo(bed_code="", resident=""), language="zh", timezone=HOHHOT)
    assert (told.title, told.sentence, told.lines) == ("紧急呼叫", "老人上午 9:58 按了紧急呼叫。", ())
    told = brief(alert_of(), BedInfo(bed_code="", resident=""), language="en", timezone=HOHHOT)
    assert told.sentence == "The resident pressed for help at 9:58 am."


PLAIN = st.one_of(
    st.text(max_size=60), st.integers(), st.floats(), st.booleans(), st.datetimes().map(datetime.isoformat)
)
TIMES = st.datetimes(timezones=st.just(UTC))
NAMES = ("room", "part", "limit_s", "silent_s", "last_sign_at", "last_sign_room", "in_bed", "sensors", "sensors_alive",
         "percent", "role", "last_heard_at", "door_at", "lying_s")  # fmt: skip


ALERTS = st.builds(
    Alert,
    key=st.text(max_size=80),
    kind=st.sampled_from(AlertKind),
    severity=st.sampled_from(Severity),
    subject=st.one_of(st.just("resident"), st.text(max_size=300)),
    state=st.sampled_from(AlertState),
    since=TIMES,
    opened_at=TIMES,
    reason=st.one_of(st.sampled_from(sorted(REASONS)), st.text(max_size=30)),
    device=st.one_of(st.sampled_from(["", "cord"]), st.text(max_size=300)),
    evidence=st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=8)), PLAIN, max_size=8),
    count=st.integers(min_value=-1, max_value=10**9),
    last_at=TIMES,
    updated_at=TIMES,
    called_from=TIMES,
    by=st.text(max_size=300),
)


@given(alert=ALERTS, name=st.text(max_size=300), language=st.sampled_from(["zh", "en"]))
def test_any_alert_gives_a_brief_of_sane_length_on_single_lines(alert: Alert, name: str, language: Language) -> None:
    bed = replace(ZH, resident=name, bed_code=name, address=name, illnesses=(name,) * 9, rooms={name: name})
    told = brief(alert, bed, language=language, timezone=HOHHOT)
    assert 0 < len(told.sentence) <= SENTENCE_LIMIT
    assert told.title.startswith(TITLES[alert.kind].in_(language))
    assert all(0 < len(line) <= LINE_LIMIT for line in (told.title, *told.lines))
    assert all(letter.isprintable() for line in (told.title, told.sentence, *told.lines) for letter in line)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 1e300, True, "12"])
def test_a_length_that_makes_no_sense_falls_back_to_the_alert_itself(value: object) -> None:
    opened_at = MORNING + timedelta(hours=2)
    alert = alert_of(AlertKind.INACTIVITY, "later", opened_at=opened_at, evidence={"silent_s": value})
    assert sentences(alert)[0] == f"{WHO_ZH}从上午 9:58 起没有动静，已经 2 小时。"
