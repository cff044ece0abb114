"""Which words take an alert, when they can be an answer, and how numbers and times of the network are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from alerts.channels.texting.mail import Fate, Report, Text, mail_of, plain
from alerts.channels.texting.replies import accepts, was_read

AT = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)
CST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    "words", ["1", " 1 ", "１", "1。", "“1”", "接警", "接 警！", "1接警", "回复1", "回复1接警", "我接警", "已接警", "①"]
)
def test_these_words_take_an_alert(words: str) -> None:
    assert accepts(words)


@pytest.mark.parametrize(
    "words", ["", "不接警", "谁", "11", "2", "1楼没人", "接警了吗", "ok", "回复10", "已接警1", "-", "l"]
)
def test_no_other_words_do(words: str) -> None:
    assert not accepts(words)


@pytest.mark.parametrize(
    ("heard_s", "written_s", "delivered_s", "read"),
    [
        (9, None, None, False),  # handed over a moment ago, and no word that it arrived
        (10, None, None, True),
        (9, 9, 4, True),  # it is known to have arrived
        (600, -119, None, True),  # the network's clock may be wrong by a little
        (600, -121, None, False),  # written before, and late on its way
        (600, 4 - 121, 4, False),
        (600, 4 - 119, 4, True),
    ],
)
def test_a_reply_counts_when_its_writer_can_have_read(
    heard_s: float, written_s: float | None, delivered_s: float | None, *, read: bool
) -> None:
    def moment(seconds: float | None) -> datetime | None:
        return None if seconds is None else AT + timedelta(seconds=seconds)

    reply = Text(number="1", text="1", written_at=moment(written_s))
    heard_at = AT + timedelta(seconds=heard_s)
    assert was_read(reply, heard_at, handed_at=AT, delivered_at=moment(delivered_s)) is read


@pytest.mark.parametrize(
    "number", ["+8613955500417", "8613955500417", "008613955500417", "013955500417", "13955500417", "+86 139-5550-0417"]
)
def test_every_way_to_write_a_mobile_number_is_the_same_number(number: str) -> None:
    assert plain(number) == "13955500417"


def test_different_numbers_stay_different() -> None:
    numbers = ["10086", "+99900000001", "+99900000011", "+85213955500417", "04715550417", "CMCC"]
    assert len({plain(number) for number in numbers}) == len(numbers)


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        (0x00, Fate.DELIVERED),
        (0x01, Fate.UNDECIDED),
        (0x20, Fate.UNDECIDED),
        (0x3F, Fate.UNDECIDED),
        (0x40, Fate.FAILED),
        (0x46, Fate.FAILED),
        (0x65, Fate.FAILED),
        (0x100, Fate.UNDECIDED),
    ],
)
def test_only_a_telephone_that_has_it_is_a_delivery(state: int, fate: Fate) -> None:
    properties = {
        "State": 3,
        "PduType": 3,
        "Number": "13955500417",
        "MessageReference": 7,
        "DeliveryState": state,
        "DischargeTimestamp": "2026-11-22T15:05:00+08",
    }
    at = datetime(2026, 11, 22, 15, 5, tzinfo=CST)
    assert mail_of(properties) == Report(number="13955500417", reference=7, fate=fate, at=at)


@pytest.mark.parametrize("written", ["", "yesterday", "2026-11-22T15:05:00", None, 7])
def test_a_time_that_is_none_is_no_time(written: object) -> None:
    properties = {"State": 3, "PduType": 1, "Number": "1", "Text": "1", "Timestamp": written}
    assert mail_of(properties) == Text(number="1", text="1", written_at=None)


@pytest.mark.parametrize("properties", [{}, {"State": 2, "PduType": 1}, {"State": 5, "PduType": 2}, {"State": 3}])
def test_what_is_not_all_there_or_ours_is_no_mail(properties: dict[str, object]) -> None:
    assert mail_of(properties) is None
