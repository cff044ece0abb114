"""A test of the chain is marked as one on every channel, in the first words that anybody hears or reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.brief import BedInfo, brief
from alerts.channels import webhook
from alerts.channels.briefs import Briefs
from alerts.channels.centre import contact_id, scaip_xml
from alerts.channels.telephone import call_words
from alerts.channels.texting.words import messages
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity
from gateway.trials import _is_public

AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
BED = BedInfo(
    bed_code="HD-0417",
    resident="王秀英",
    address="海拉尔大街 12 号",
    how_to_enter="敲门",
    phone="0471-0000000",
    devices={"pendant": "随身按钮"},
)
TEST = Alert(
    key="test:emergency:pendant:1:女儿",
    kind=AlertKind.TEST,
    severity=Severity.WARNING,
    subject="pendant/女儿",
    state=AlertState.OPEN,
    since=AT,
    opened_at=AT,
    reason="chain_tested",
    device="pendant",
    evidence={"device": "pendant", "room": "", "contacts": "女儿"},
    last_at=AT,
    updated_at=AT,
    called_from=AT,
    test=True,
)
ZH = brief(TEST, BED, language="zh", timezone=ZONE)


def test_the_brief_begins_with_the_word() -> None:
    assert ZH.title == "测试，不是真的告警 · 王秀英 · HD-0417"
    assert ZH.sentence.startswith("测试，不是真的：上午 11:00 用“随身按钮”测试了")
    en = brief(TEST, BED, language="en", timezone=ZONE)
    assert en.title.startswith("TEST, not a real alert")
    assert en.sentence.startswith("A test, not real: ")


def test_a_real_press_that_was_held_says_why_it_is_late_and_to_take_it_for_real() -> None:
    held = replace(
        TEST, kind=AlertKind.EMERGENCY, reason="pressed", test=False, opened_at=AT + timedelta(seconds=61),
        evidence={"device": "pendant", "room": "", "held_s": 61.0},
    )  # fmt: skip
    zh = brief(held, BED, language="zh", timezone=ZONE)
    assert zh.lines[-1] == "当时正在测试，没有人确认这是测试，等了 1 分钟才告警：请当作真的处理"
    assert "迟到" not in zh.sentence, "the box was neither off nor cut off"
    assert "测试" not in zh.title


def test_a_text_message_begins_with_the_word() -> None:
    assert messages(TEST, BED, timezone=ZONE, most=2)[0].startswith("【守望】测试，不是真的告警 王秀英")


def test_a_call_says_it_before_anything_else_of_the_alert() -> None:
    said = call_words.whole_brief(TEST, call_words.Caller(bed=BED, timezone=ZONE), again=False)
    words = [phrase.text for phrase in said]
    told = next(place for place, text in enumerate(words) if "测试" in text)
    assert told < next(place for place, text in enumerate(words) if "海拉尔大街" in text)


def test_a_webhook_says_it_in_a_field_of_its_own() -> None:
    delivery = Delivery(
        id="0" * 32,
        alert_key=TEST.key,
        contact="女儿",
        channel="webhook",
        severity=TEST.severity,
        revision=1,
        due_at=AT,
    )
    body = webhook.body(delivery, TEST, Briefs(BED, ZONE))
    assert (body["test"], body["alert"]["kind"]) == (True, "test")


def test_alarm_centres_get_the_codes_of_a_test() -> None:
    assert contact_id.events_of(TEST, {}, {"emergency": "101"}) == ("1601 00 000", "1602 00 000")
    home = scaip_xml.Home(account="0417", callback="", bed=BED, zones={}, timezone=ZONE)
    told = scaip_xml.request(TEST, home, "ref").decode()
    assert "<stc>0102</stc>" in told
    assert "测试" in told


@pytest.mark.parametrize(
    ("number", "public"),
    [
        ("96111", True), ("0471-96111", True), ("+86 471 12345", True), ("120", True), ("86110", True),
        ("010 12349", True),
        ("+86 138 0000 0417", False), ("0471-5550120", False), ("test-operator", False), (None, False), ("", False),
    ],
)  # fmt: skip
def test_a_test_rings_no_public_line(number: str | None, public: bool) -> None:  # noqa: FBT001 - a column
    assert _is_public(number) is public
