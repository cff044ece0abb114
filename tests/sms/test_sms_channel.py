"""What one telephone is sent, what counts as its receipt, and whose reply takes an alert: through ModemManager."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts.brief import BedInfo
from alerts.channels.sms import UNREPORTED_S, Home, SmsChannel
from alerts.dispatch import SendFailed
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity
from tests.sms.patience import until

if TYPE_CHECKING:
    from tests.sms.at_modem import AtModem
    from tests.sms.carried import Carried
    from tests.sms.modem_manager import Stack

NUMBER, OTHER = "+99900000001", "+99900000002"  # no network in the world routes +999
AT = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)
BED = BedInfo(
    bed_code="B-1",
    resident="李秀兰",
    illnesses=("高血压", "2019 年脑梗，左腿无力", "青霉素过敏"),
    address="幸福小区 3 号楼 2 单元 402",
    how_to_enter="钥匙在对门 401 王阿姨处；单元门密码问驿站值班员",
    phone="0471-5550417",
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
    last_at=AT,
    updated_at=AT,
    called_from=AT,
)
FELL = replace(PRESSED, key="fall:1", kind=AlertKind.FALL, reason="fall_reported")
FIRST = "【守望】紧急呼叫 李秀兰 下午3:05。幸福小区3号楼2单元402，床位B-1。回复1接警"
SECOND = "2/3 李秀兰老人下午3:05按了紧急呼叫。进门：钥匙在对门401王阿姨处；单元门密码问驿站值班员；回电：0471-5550417；"
THIRD = "3/3 病史：高血压、2019年脑梗，左腿无力、青霉素过敏"


def delivery(number: int, alert: Alert = PRESSED) -> Delivery:
    return Delivery(
        id=f"{number:032x}",
        alert_key=alert.key,
        contact="女儿",
        channel="sms",
        severity=alert.severity,
        revision=alert.revision,
        due_at=AT,
    )


@dataclass(slots=True)
class Gateway:
    """What the channel tells the rest of the gateway, and who has an alert."""

    has: str = "女儿"
    now: datetime = AT
    receipts: list[tuple[int, str]] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    taken: list[tuple[str, str]] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)

    async def take(self, delivery: Delivery, by: str) -> str:
        self.taken.append((delivery.alert_key, by))
        return self.has

    def channel(
        self, carried: Carried, number: str = NUMBER, *, reports: bool = True, contact: str = "女儿"
    ) -> SmsChannel:
        assert carried.modem is not None
        home = Home(
            bed=BED,
            timezone=ZoneInfo("Asia/Shanghai"),
            most=3,
            reports=reports,
            now=lambda: self.now,
            taken=self.take,
            receipted=lambda delivery_id, receipt: self.receipts.append((int(delivery_id, 16), receipt)),
            failed=lambda delivery_id, failure: self.failures.append((int(delivery_id, 16), failure.reason)),
            counted=self.counts.append,
        )
        return SmsChannel(carried.modem, number, contact, home)


@pytest.fixture
def home() -> Gateway:
    return Gateway()


@pytest.fixture
async def channel(stack: Stack, carried: Carried, home: Gateway) -> SmsChannel:
    await carried.ready(stack)
    return home.channel(carried)


def texts(phone: AtModem, number: str = NUMBER) -> list[str]:
    return [message.text for _, message in phone.sent if message.number == number]


def reference(phone: AtModem, text: str) -> int:
    """Of the newest message with these words."""
    return next(ref for ref, message in reversed(phone.sent) if message.text == text)


async def test_an_alert_is_three_messages_and_the_report_on_the_first_is_the_receipt(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    assert await channel.send(delivery(1), PRESSED) == ""
    assert texts(phone) == [FIRST, SECOND, THIRD]
    assert [message.wants_report for _, message in phone.sent] == [True, False, False]
    phone.report(NUMBER, reference(phone, FIRST), at=AT)
    await until(lambda: bool(home.receipts))
    assert home.receipts == [(1, "telephone 2026-11-22T07:05:00+00:00")]


async def test_a_report_that_comes_while_the_details_go_out_is_the_receipt_when_they_have(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    phone.on_sent = lambda ref, message: phone.report(message.number, ref, at=AT)
    phone.faults.extend([None, "331"])
    with pytest.raises(SendFailed, match="no_network"):
        await channel.send(delivery(1), PRESSED)
    await until(lambda: channel._told[PRESSED.key].delivered_at is not None)
    assert home.receipts == []
    assert await channel.send(delivery(1), PRESSED) == "telephone 2026-11-22T07:05:00+00:00"
    assert texts(phone) == [FIRST, SECOND, THIRD]  # none of them twice


async def test_what_waits_in_the_network_is_not_sent_again_but_shares_its_report(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    for number in (1, 2, 1):
        home.now += timedelta(seconds=60)
        assert await channel.send(delivery(number), PRESSED) == ""
    assert len(phone.sent) == 3
    phone.report(NUMBER, reference(phone, FIRST), at=AT)
    await until(lambda: len(home.receipts) == 2)
    assert [number for number, _ in home.receipts] == [1, 2]


async def test_each_further_turn_of_the_ladder_rings_a_telephone_that_has_it_with_the_first_message(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    await channel.send(delivery(1), PRESSED)
    phone.report(NUMBER, reference(phone, FIRST), at=AT)
    await until(lambda: bool(home.receipts))
    assert await channel.send(delivery(2), PRESSED) == ""
    urged = replace(PRESSED, rounds=2)
    await channel.send(delivery(3), urged)
    home.now += timedelta(seconds=UNREPORTED_S)
    await channel.send(delivery(4), urged)
    assert texts(phone)[3:] == [FIRST, FIRST.replace("回复", "一直无人接警，请考虑打120。回复")]


async def test_without_any_report_it_is_sent_again_after_ten_minutes(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    await channel.send(delivery(1), PRESSED)
    home.now += timedelta(seconds=UNREPORTED_S - 1)
    await channel.send(delivery(1), PRESSED)
    assert len(phone.sent) == 3
    home.now += timedelta(seconds=1)
    await channel.send(delivery(1), PRESSED)
    assert texts(phone) == [FIRST, SECOND, THIRD, FIRST]


async def test_what_the_network_gives_up_has_failed_and_is_sent_again(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    await channel.send(delivery(1), PRESSED)
    phone.report(NUMBER, reference(phone, FIRST), state=0x46)
    await until(lambda: bool(home.failures))
    assert home.failures == [(1, "undeliverable")]
    await channel.send(delivery(1), PRESSED)
    assert texts(phone) == [FIRST, SECOND, THIRD, FIRST]
    phone.report(NUMBER, reference(phone, FIRST), at=AT)
    await until(lambda: bool(home.receipts))


async def test_where_there_are_no_reports_the_networks_word_is_the_receipt(
    stack: Stack, carried: Carried, home: Gateway, phone: AtModem
) -> None:
    await carried.ready(stack)
    channel = home.channel(carried, reports=False)
    assert await channel.send(delivery(1), PRESSED) == "network 2026-11-22T07:05:00+00:00"
    assert not any(message.wants_report for _, message in phone.sent)


async def test_news_are_one_message_each_even_while_the_first_waits(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    await channel.send(delivery(1), PRESSED)
    calmed = replace(PRESSED, state=AlertState.RETURNED, revision=2)
    await channel.send(delivery(2), calmed)
    taken = replace(PRESSED, state=AlertState.ACKNOWLEDGED, revision=3, by="王护士")
    await channel.send(delivery(3), taken)
    await channel.send(delivery(3), taken)
    assert texts(phone)[3:] == [
        FIRST.replace("回复", "情况已自行解除，请看望。回复"),
        "【守望】王护士已接警：紧急呼叫 李秀兰 下午3:05。",
    ]


async def test_news_do_not_wait_for_the_details_which_are_sent_once(channel: SmsChannel, phone: AtModem) -> None:
    calmed = replace(PRESSED, state=AlertState.RETURNED, revision=2)
    first = asyncio.create_task(channel.send(delivery(1), PRESSED))
    await until(lambda: len(phone.sent) >= 1)
    await channel.send(delivery(2), calmed)
    await first
    written = texts(phone)
    assert sorted(text[:2] for text in written) == ["2/", "3/", "【守", "【守"]
    assert written[0] == FIRST
    assert FIRST.replace("回复", "情况已自行解除，请看望。回复") in written


async def test_a_further_press_is_told_in_full(channel: SmsChannel, phone: AtModem) -> None:
    await channel.send(delivery(1), PRESSED)
    again = replace(PRESSED, count=2, revision=2)
    await channel.send(delivery(2), again)
    assert len(phone.sent) == 6
    assert texts(phone)[3] == FIRST.replace("3:05", "3:05 第2次")


async def test_a_reply_takes_the_alert_and_is_answered(channel: SmsChannel, home: Gateway, phone: AtModem) -> None:
    await channel.send(delivery(1), PRESSED)
    home.now += timedelta(seconds=10)
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: len(phone.sent) == 4)
    assert home.taken == [(PRESSED.key, "女儿")]
    assert texts(phone)[3] == "【守望】已记下由您接警，请尽快前往：紧急呼叫 李秀兰 下午3:05。"
    assert (home.counts, phone.store) == (["reply_taken"], {})
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: len(home.counts) == 2)
    assert (home.counts[1], len(home.taken)) == ("reply_without_alert", 1)


@pytest.mark.parametrize(
    ("has", "words"),
    [
        ("王护士", "【守望】王护士已接警，不用再处理：紧急呼叫 李秀兰 下午3:05。"),
        ("", "【守望】已结束，不用再处理：紧急呼叫 李秀兰 下午3:05。"),
    ],
)
async def test_who_was_too_late_is_told_so(
    channel: SmsChannel, home: Gateway, phone: AtModem, has: str, words: str
) -> None:
    home.has = has
    await channel.send(delivery(1), PRESSED)
    home.now += timedelta(seconds=10)
    phone.hear(NUMBER, "接警", home.now)
    await until(lambda: len(phone.sent) == 4)
    assert (texts(phone)[3], home.counts) == (words, ["reply_too_late"])


async def test_other_words_and_other_numbers_take_nothing(
    channel: SmsChannel, home: Gateway, phone: AtModem, carried: Carried
) -> None:
    await channel.send(delivery(1), PRESSED)
    home.now += timedelta(seconds=30)
    phone.hear(NUMBER, "谁啊", home.now)
    await until(lambda: not phone.store)
    phone.hear(OTHER, "1", home.now)
    await until(lambda: not phone.store)
    assert (home.taken, home.counts, carried.counts) == ([], ["reply_not_understood"], ["reply_of_stranger"])
    assert len(phone.sent) == 3


async def test_a_reply_takes_every_alert_that_was_read_and_none_other(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    smoke = replace(PRESSED, key="smoke:1", kind=AlertKind.HAZARD, reason="smoke")
    news = replace(PRESSED, key="press:0", state=AlertState.CLOSED)
    for number, alert in enumerate([news, PRESSED, FELL], start=1):
        await channel.send(delivery(number, alert), alert)
    home.now += timedelta(seconds=30)
    await channel.send(delivery(4, smoke), smoke)  # it cannot have been read yet
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: bool(home.counts))
    assert [key for key, _ in home.taken] == [PRESSED.key, FELL.key]


async def test_a_telephone_that_was_told_of_one_press_has_not_taken_the_next(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    await channel.send(delivery(1), PRESSED)
    home.now += timedelta(seconds=30)
    again = replace(PRESSED, count=2, revision=2)
    phone.faults.append("331")
    with pytest.raises(SendFailed):
        await channel.send(delivery(2), again)
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: bool(home.counts))
    assert (home.taken, home.counts) == ([], ["reply_without_alert"])


async def test_whoever_knew_before_the_condition_went_away_may_still_take_it(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    await channel.send(delivery(1), PRESSED)
    home.now += timedelta(seconds=30)
    await channel.send(delivery(2), replace(PRESSED, state=AlertState.RETURNED, revision=2))
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: bool(home.taken))
    assert home.counts == ["reply_taken"]


async def test_after_a_start_a_reply_takes_what_was_told_before_and_the_details_are_not_repeated(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    home.now += timedelta(seconds=90)
    channel.remember(delivery(1), PRESSED)
    await channel.send(delivery(2), PRESSED)
    assert texts(phone) == [FIRST]
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: bool(home.taken))
    assert home.taken == [(PRESSED.key, "女儿")]


async def test_an_answer_that_cannot_be_sent_is_tried_three_times(
    channel: SmsChannel, home: Gateway, phone: AtModem
) -> None:
    await channel.send(delivery(1), PRESSED)
    home.now += timedelta(seconds=10)
    phone.faults += ["331"] * 3
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: len(home.counts) == 4)
    assert home.counts == ["reply_taken", *["answer_no_network"] * 3]
    assert len(phone.sent) == 3


async def test_two_contacts_with_one_telephone_both_take(
    stack: Stack, carried: Carried, home: Gateway, phone: AtModem
) -> None:
    await carried.ready(stack)
    day, night = (home.channel(carried, contact=contact) for contact in ("白班", "夜班"))
    await day.send(delivery(1), PRESSED)
    await night.send(delivery(2, FELL), FELL)
    home.now += timedelta(seconds=10)
    phone.hear(NUMBER, "1", home.now)
    await until(lambda: len(home.taken) == 2)
    assert home.taken == [(PRESSED.key, "白班"), (FELL.key, "夜班")]


async def test_a_send_that_is_cancelled_leaves_the_rest_unsent_and_the_modem_free(
    channel: SmsChannel, phone: AtModem
) -> None:
    phone.faults.extend([None, ""])
    sending = asyncio.create_task(channel.send(delivery(1), PRESSED))
    await until(lambda: sum(command.startswith("AT+CMGS") for command in phone.asked) == 2)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert texts(phone) == [FIRST]
