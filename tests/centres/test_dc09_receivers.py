"""The DC-09 channel against a receiver that is really used, and against one with every fault."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pysiaalarm import SIAAccount

from alerts.channels.centre.dc09_frame import decode
from alerts.channels.centre.ignored import Ignored
from alerts.channels.dc09 import Dc09Centre, Dc09Channel, Receiver
from alerts.dispatch import SendFailed
from alerts.model import AlertKind, AlertState
from tests.centres.receivers import answer, pysiaalarm, scripted
from tests.centres.staged import ZONES, Told, alert, delivery, until

TEXT_KEY = "0123456789ABCDEF0123456789ABCDEF"  # pysiaalarm takes the characters themselves as the key
NUMBER = 8642
"""The sequence number of `delivery()`: made of its id, so it is the same on every machine."""


def centre(port: int, *, told: Told | None = None, off: timedelta = timedelta(), **changes: object) -> Dc09Centre:
    wanted = {"host": "127.0.0.1", "port": port, "account": "1234"} | changes
    return Dc09Centre(
        Receiver(**wanted),
        link_test_s=3600,
        now=lambda: datetime.now(UTC) + off,
        on_state=told or Told(),
        ignored=Ignored(),
        answer_s=5.0,
    )


def channel(made: Dc09Centre) -> Dc09Channel:
    return Dc09Channel(made, ZONES, {})


def fresh(**changes: object) -> object:
    now = datetime.now(UTC)
    return alert(since=now, opened_at=now, **changes)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("key", [None, TEXT_KEY[:16], TEXT_KEY[:24], TEXT_KEY])
async def test_a_press_is_stored_at_the_receiver(key: str | None, transport: str):
    async with pysiaalarm(SIAAccount("1234", key), udp=transport == "udp") as receiver:
        made = centre(receiver.port, key=key.encode() if key else None, transport=transport)

        receipt = await channel(made).send(delivery(), fresh())

    (event,) = receiver.events
    assert receipt == f"dc09 ack {NUMBER} 1101 00 001"
    assert (event.event_qualifier, event.event_type, event.partition, event.ri) == ("1", "101", "00", "001")
    assert (event.sequence, event.receiver, event.line, event.encrypted) == (f"{NUMBER}", "R0", "L0", bool(key))
    assert receiver.counts == {}


async def test_a_test_is_told_as_a_test():
    async with pysiaalarm(SIAAccount("1234")) as receiver:
        receipt = await channel(centre(receiver.port)).send(delivery(), fresh(test=True))

    (event,) = receiver.events
    assert receipt.endswith("1601 00 001")
    assert (event.event_type, event.code) == ("601", "RX")  # manual test, says the receiver


async def test_what_began_long_ago_is_sent_with_its_time():
    async with pysiaalarm(SIAAccount("1234")) as receiver:
        await channel(centre(receiver.port)).send(delivery(), alert())

    (event,) = receiver.events
    assert event.x_data == "H07:04:05,11-22-2026"


async def test_a_closing_is_a_restore():
    async with pysiaalarm(SIAAccount("1234")) as receiver:
        await channel(centre(receiver.port)).send(delivery(), fresh(state=AlertState.CLOSED))

    assert [(event.event_qualifier, event.code) for event in receiver.events] == [("3", "QH")]


@pytest.mark.parametrize("off", [timedelta(hours=-8), timedelta(days=1)])
async def test_a_wrong_clock_is_corrected_by_the_nak_for_good(off: timedelta):
    async with pysiaalarm(SIAAccount("1234", TEXT_KEY)) as receiver:
        made = centre(receiver.port, key=TEXT_KEY.encode(), off=off)

        await channel(made).send(delivery(), fresh())
        await channel(made).send(delivery("f" * 32), fresh())

    assert [event.event_type for event in receiver.events] == ["101", "101"]
    assert receiver.counts == {"error_timestamp": 1}  # the first time only


async def test_a_wrong_key_is_refused_and_tried_again_slowly():
    told = Told()
    async with pysiaalarm(SIAAccount("1234", TEXT_KEY)) as receiver:
        made = centre(receiver.port, key=b"another key here", told=told)

        with pytest.raises(SendFailed) as caught:
            await channel(made).send(delivery(), fresh())

    assert (caught.value.reason, caught.value.retry_s) == ("refused", 60.0)
    assert told.states == [False]
    assert receiver.events == []


async def test_an_unknown_account_is_refused():
    async with pysiaalarm(SIAAccount("AAAA")) as receiver:
        made = centre(receiver.port)

        with pytest.raises(SendFailed) as caught:
            await channel(made).send(delivery(), fresh())

    assert caught.value.reason == "refused"
    assert made._dialogue.ignored.counts == {"unframed": 1}  # pysiaalarm's bare "NAK"


@pytest.mark.parametrize("key", [None, TEXT_KEY])
async def test_the_link_test_is_answered_and_told(key: str | None):
    told = Told()
    async with pysiaalarm(SIAAccount("1234", key)) as receiver:
        running = asyncio.create_task(centre(receiver.port, key=key.encode() if key else None, told=told).run())
        await until(lambda: receiver.events and told.states)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert [event.message_type.value for event in receiver.events] == ["NULL"]
    assert told.states == [True]


async def test_the_daily_test_is_a_link_test_with_a_receipt_of_its_own():
    async with pysiaalarm(SIAAccount("1234", TEXT_KEY)) as receiver:
        made = centre(receiver.port, key=TEXT_KEY.encode())
        first, second = await made.probe(), await made.probe()

    assert [event.message_type.value for event in receiver.events] == ["NULL", "NULL"]
    assert first.startswith("dc09 ack ")
    assert first != second


async def failure(port: int, answer_s: float = 5.0) -> SendFailed:
    made = centre(port)
    made._answer_s = answer_s
    with pytest.raises(SendFailed) as caught:
        await channel(made).send(delivery(), fresh())
    return caught.value


async def test_a_receiver_that_can_do_nothing_with_any_code_is_unable():
    async with scripted(answer("DUH"), answer("DUH")) as receiver:
        failed = await failure(receiver.port)

    assert (failed.reason, failed.retry_s) == ("unable", 60.0)
    assert [decode(raw, None).data for raw in receiver.heard] == ["1101 00 001", "1100 00 001"]
    assert len({decode(raw, None).sequence for raw in receiver.heard}) == 2  # two messages, two numbers


async def test_a_code_that_the_receiver_does_not_know_gives_way_to_a_more_general_one():
    inactivity = fresh(kind=AlertKind.INACTIVITY, reason="no_sign_of_life_by_day", device="")
    async with scripted(answer("DUH"), answer("ACK")) as receiver:
        receipt = await channel(centre(receiver.port)).send(delivery(), inactivity)

    assert [decode(raw, None).data for raw in receiver.heard] == ["1102 00 000", "1100 00 000"]
    assert receipt.endswith("1100 00 000")


async def test_a_receiver_that_is_silent_is_given_up_and_the_next_try_has_the_same_number():
    async with scripted(None, answer("ACK")) as receiver:
        failed = await failure(receiver.port, answer_s=0.2)
        await channel(centre(receiver.port)).send(delivery(), fresh())

    assert failed.reason == "no_answer"
    assert receiver.heard[0] == receiver.heard[1]


async def test_a_receiver_that_is_cut_off_in_the_middle_of_its_answer_has_said_nothing():
    async with scripted(lambda raw: answer("ACK")(raw)[:12]) as receiver:
        failed = await failure(receiver.port)

    assert failed.reason == "cut_off"


async def test_garbage_and_late_answers_are_passed_over_until_the_right_one_comes():
    def garbled(raw: bytes) -> bytes:
        late = answer("ACK", sequence=1)(raw)
        damaged = answer("ACK")(raw).replace(b"ACK", b"ADK")
        return b"\x00\xff\r" + late + damaged + answer("ACK")(raw)

    async with scripted(garbled) as receiver:
        made = centre(receiver.port)
        receipt = await channel(made).send(delivery(), fresh())

    assert receipt == f"dc09 ack {NUMBER} 1101 00 001"
    assert made._dialogue.ignored.counts == {"format": 1, "other_message": 1, "crc": 1}


async def test_nobody_there_is_told_at_once():
    async with scripted() as receiver:
        port = receiver.port
    failed = await failure(port)

    assert failed.reason == "unreachable"
    assert "ConnectionRefusedError" in failed.sentence


async def test_a_send_that_is_cancelled_hangs_up_at_once():
    async with scripted(None) as receiver:
        sending = asyncio.create_task(channel(centre(receiver.port)).send(delivery(), fresh()))
        await until(lambda: receiver.heard)
        began = asyncio.get_running_loop().time()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    assert asyncio.get_running_loop().time() - began < 0.5
