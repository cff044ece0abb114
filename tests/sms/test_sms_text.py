"""What a telephone shows of an alert, to the character; and what holds of every text message."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.brief import BedInfo
from alerts.channels.texting.words import UNITS, answer, end, messages, split, start, units
from alerts.model import Alert, AlertKind, AlertState, Outcome, Severity
from alerts.occurrence import REASONS, TITLES
from alerts.spoken import one_line

HOHHOT = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)  # 15:05 in the home
BED = BedInfo(
    bed_code="NMG-HHHT-000417",
    resident="李秀兰",
    birth_year=1941,
    ability_level=1,
    illnesses=("高血压", "2019 年脑梗，左腿无力", "青霉素过敏"),
    address="呼和浩特市赛罕区幸福小区 3 号楼 2 单元 402",
    how_to_enter="钥匙在对门 401 王阿姨处；单元门密码问驿站值班员",
    phone="0471-5550417",
    rooms={"bedroom": "卧室"},
    devices={"bed_sos": "床头求助按钮"},
)
PRESSED = Alert(
    key="press:1",
    kind=AlertKind.EMERGENCY,
    severity=Severity.EMERGENCY,
    subject="bed_sos",
    state=AlertState.OPEN,
    since=AT,
    opened_at=AT,
    reason="pressed",
    device="bed_sos",
    evidence={"room": "bedroom"},
    last_at=AT,
    updated_at=AT,
    called_from=AT,
)


def told(alert: Alert, bed: BedInfo = BED, most: int = 3) -> tuple[str, ...]:
    return messages(alert, bed, timezone=HOHHOT, most=most)


def test_a_press_is_told_in_three_messages_of_which_the_first_is_enough() -> None:
    first, second, third = told(PRESSED)
    assert first == (
        "【守望】紧急呼叫 李秀兰 下午3:05在卧室。呼和浩特市赛罕区幸福小区3号楼2单元402，床位NMG-HHHT-000417。回复1接警"
    )
    assert second == (
        "2/3 李秀兰老人下午3:05在卧室按了紧急呼叫（床头求助按钮）。"
        "进门：钥匙在对门401王阿姨处；单元门密码问驿站值班员；"
    )
    assert third == "3/3 回电：0471-5550417；病史：高血压、2019年脑梗，左腿无力、青霉素过敏、轻度失能"


@pytest.mark.parametrize(
    ("alert", "first"),
    [
        (
            replace(PRESSED, count=3),
            "【守望】紧急呼叫 李秀兰 下午3:05在卧室 第3次。呼和浩特市赛罕区幸福小区3号楼2单元402。回复1接警",
        ),
        (
            replace(PRESSED, state=AlertState.RETURNED),
            (
                "【守望】紧急呼叫 李秀兰 下午3:05在卧室。呼和浩特市赛罕区幸福小区3号楼2单元402。"
                "情况已自行解除，请看望。回复1接警"
            ),
        ),
        (
            replace(PRESSED, kind=AlertKind.HAZARD, reason="carbon_monoxide", since=AT - timedelta(days=1)),
            "【守望】一氧化碳报警 李秀兰 11月21日下午3:05在卧室。呼和浩特市赛罕区幸福小区3号楼2单元402。回复1接警",
        ),
    ],
)
def test_the_first_message_says_what_is_special_about_an_alert(alert: Alert, first: str) -> None:
    assert told(alert)[0] == first


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AlertState.ACKNOWLEDGED, "【守望】王护士已接警：紧急呼叫 李秀兰 下午3:05。"),
        (AlertState.ATTENDED, "【守望】王护士已到场：紧急呼叫 李秀兰 下午3:05。"),
        (AlertState.CANCELLED, "【守望】老人已自己取消：紧急呼叫 李秀兰 下午3:05。"),
        (AlertState.CLOSED, "【守望】已办结：紧急呼叫 李秀兰 下午3:05。"),
    ],
)
def test_what_became_of_an_alert_is_one_message_that_asks_for_nothing(state: AlertState, words: str) -> None:
    assert told(replace(PRESSED, state=state, by="王护士", outcome=Outcome.TRUE_ALARM)) == (words,)


def test_an_address_too_long_loses_its_beginning_and_comes_whole_in_the_second_message() -> None:
    address = "内蒙古自治区呼和浩特市赛罕区人民路街道办事处辖区幸福里老年友好示范小区103号楼12单元1402室"
    first, second, third = told(PRESSED, replace(BED, address=address, how_to_enter="", illnesses=()))
    assert first == (
        "【守望】紧急呼叫 李秀兰 下午3:05。…呼和浩特市赛罕区人民路街道办事处辖区幸福里老年友好示范小区"
        "103号楼12单元1402室。回复1接警"
    )
    assert units(first) == UNITS
    assert second[4:] + third[4:] == (
        f"李秀兰老人下午3:05在卧室按了紧急呼叫（床头求助按钮）。地址：{address}；回电：0471-5550417；病史：轻度失能"
    )


def test_one_message_at_most_is_the_first() -> None:
    assert told(PRESSED, most=1) == told(PRESSED)[:1]


@pytest.mark.parametrize(
    ("text", "room", "begins", "ends"),
    [
        ("103号楼", 4, "103…", "…号楼"),  # never "…03号楼"
        ("小区103号", 4, "小区…", "…号"),
        ("😀😀", 3, "😀…", "…😀"),
        ("1234567890", 5, "1234…", "…7890"),  # a number that fits nowhere is cut where it must be
        ("够短", 2, "够短", "够短"),
    ],
)
def test_a_text_is_cut_beside_its_numbers(text: str, room: int, begins: str, ends: str) -> None:
    assert (start(text, room), end(text, room)) == (begins, ends)


def test_what_is_left_out_for_want_of_messages_is_marked() -> None:
    assert split("甲乙丙丁戊己", 2, 2) == ("甲乙", "丙…")


def test_the_answer_to_a_reply_says_who_has_which_alert() -> None:
    fell = replace(PRESSED, kind=AlertKind.FALL)
    assert answer([(PRESSED, "女儿"), (fell, "王护士")], "女儿", BED, timezone=HOHHOT) == (
        "【守望】已记下由您接警，请尽快前往：紧急呼叫 李秀兰 下午3:05。王护士已接警，不用再处理：跌倒 李秀兰 下午3:05。"
    )
    assert answer([(PRESSED, "")], "女儿", BED, timezone=HOHHOT) == (
        "【守望】已结束，不用再处理：紧急呼叫 李秀兰 下午3:05。"
    )


texts = st.text(st.characters(codec="utf-8"), max_size=220) | st.from_regex(
    r"[一二三幸福0-9号楼 ]{0,80}", fullmatch=True
)
beds = st.builds(
    BedInfo,
    bed_code=texts,
    resident=texts,
    birth_year=st.none() | st.integers(1900, 2020),
    illnesses=st.lists(texts, max_size=3).map(tuple),
    address=texts,
    how_to_enter=texts,
    phone=texts,
    rooms=st.dictionaries(st.just("bedroom"), texts),
    devices=st.dictionaries(st.just("bed_sos"), texts),
)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC
alerts = st.builds(
    lambda kind, state, count, since, late_s, reason, by: replace(
        PRESSED,
        kind=kind,
        state=state,
        count=count,
        since=since,
        last_at=since,
        opened_at=since + timedelta(seconds=late_s),
        reason=reason,
        by=by,
    ),
    st.sampled_from(AlertKind),
    st.sampled_from(AlertState),
    st.integers(1, 10**6),
    moments,
    st.integers(0, 10**6),
    st.sampled_from(["unheard_of", *REASONS]),
    texts,
)


@given(alert=alerts, bed=beds, most=st.integers(1, 5))
def test_whatever_happens_to_whomever_fits_and_says_what_matters_first(alert: Alert, bed: BedInfo, most: int) -> None:
    written = told(alert, bed, most)
    assert 1 <= len(written) <= most
    for message in written:
        assert len(message.encode("utf-16-le")) // 2 == units(message) <= UNITS
    first = written[0]
    hazard = {"smoke": "烟雾报警", "gas": "燃气泄漏", "carbon_monoxide": "一氧化碳报警", "water_leak": "漏水"}
    assert hazard.get(alert.reason, TITLES[alert.kind].zh) in first
    here = alert.since.astimezone(HOHHOT)
    assert re.search(
        rf"(凌晨|上午|中午|下午|晚上){(here.hour - 1) % 12 + 1 if here.hour else 0}:{here.minute:02}", first
    )
    if alert.state in {AlertState.OPEN, AlertState.RETURNED, AlertState.PENDING}:
        assert first.endswith("。回复1接警")
        assert one_line(bed.address, 1000)[-1:] in first or one_line(bed.bed_code, 1000)[-1:] in first
    else:
        assert "回复" not in first.replace(alert.by, "")
        assert len(written) == 1


@given(text=texts, room=st.integers(2, 70), most=st.integers(1, 200))
def test_the_pieces_of_a_text_are_the_text(text: str, room: int, most: int) -> None:
    pieces = split(text, room, most)
    assert all(0 < units(piece) <= room for piece in pieces)
    joined = "".join(pieces)
    assert joined == text or (len(pieces) == most and text.startswith(joined.removesuffix("…")))


@given(text=st.from_regex(r"([号楼]{1,3}[0-9]{1,6}){1,30}", fullmatch=True), room=st.integers(7, 70))
def test_no_number_is_parted(text: str, room: int) -> None:
    pieces = split(text, room, 200)
    assert [number for piece in pieces for number in re.findall(r"[0-9]+", piece)] == re.findall(r"[0-9]+", text)
