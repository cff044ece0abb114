"""What comes in through the real ModemManager: reports and replies, told once, and a store that is full."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.texting.mail import Fate, Report, Text
from alerts.dispatch import SendFailed
from tests.sms.carried import AT, NUMBER, WORDS, failure
from tests.sms.patience import until

if TYPE_CHECKING:
    from alerts.channels.texting.modem import Modem
    from tests.sms.at_modem import AtModem
    from tests.sms.carried import Carried
    from tests.sms.modem_manager import Stack


def _note(told: list[tuple[str, Report]], name: str, report: Report) -> None:
    told.append((name, report))


def listening(modem: Modem) -> list[str]:
    """Gives what the modem will tell of texts from `NUMBER`."""
    heard: list[str] = []

    async def hear(text: Text) -> None:
        heard.append(text.text)

    modem.inbox.listen(NUMBER, hear)
    return heard


async def test_reports_are_told_to_whom_they_are_about(stack: Stack, carried: Carried, phone: AtModem) -> None:
    modem = await carried.ready(stack)
    told: list[tuple[str, Report]] = []
    for name in ("甲", "乙"):
        await modem.send(NUMBER, name, gravity=0, reported=partial(_note, told, name))
    phone.report(NUMBER.removeprefix("+"), 8, state=0x30, at=AT)  # the network may say the number in another way
    phone.report(NUMBER, 9, at=AT)  # none of ours
    phone.report(NUMBER, 7, state=0x46, at=AT)
    phone.report(NUMBER, 8, at=AT)
    await until(lambda: len(told) == 3)
    assert [(name, report.reference, report.fate, report.at) for name, report in told] == [
        ("乙", 8, Fate.UNDECIDED, AT),
        ("甲", 7, Fate.FAILED, AT),
        ("乙", 8, Fate.DELIVERED, AT),
    ]
    assert carried.counts == ["report_unmatched"]
    assert await carried.messages() == []


async def test_a_report_that_is_quicker_than_the_reference_is_not_lost(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(stack)
    phone.on_sent = lambda reference, message: phone.report(message.number, reference)
    fates: list[Fate] = []
    for _ in range(20):
        await modem.send(NUMBER, WORDS, gravity=0, reported=lambda report: fates.append(report.fate))
    await until(lambda: len(fates) == 20)
    assert set(fates) == {Fate.DELIVERED}


async def test_replies_are_told_once_and_deleted_when_they_are_dealt_with(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(stack)
    heard: list[Text] = []
    committed = asyncio.Event()

    async def hear(text: Text) -> None:
        heard.append(text)
        await committed.wait()

    modem.inbox.listen("+8613955500417", hear)
    index = phone.hear("+8613955500417", " 1。", AT)
    await until(lambda: bool(heard))
    assert heard == [Text(number="+8613955500417", text=" 1。", written_at=AT)]
    assert list(phone.store) == [index]
    committed.set()
    await carried.forgotten()
    phone.hear("13955500417", "1", AT)  # the same telephone
    await until(lambda: len(heard) == 2)
    await carried.forgotten()
    phone.hear("10086", "您的余额不足", AT)
    await until(lambda: carried.counts == ["reply_of_stranger"] and not phone.store)
    assert len(heard) == 2


async def test_a_reply_in_two_parts_is_told_when_both_are_there(stack: Stack, carried: Carried, phone: AtModem) -> None:
    modem = await carried.ready(stack)
    heard = listening(modem)
    phone.hear(NUMBER, "接", AT, part=(5, 2, 1))
    await until(lambda: "AT+CMGR=1" in phone.asked)
    phone.hear(NUMBER, "警", AT, part=(5, 2, 2))
    await until(lambda: heard == ["接警"] and not phone.store)


async def test_a_reply_that_came_while_nobody_listened_is_heard_at_the_start(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    phone.hear(NUMBER, "1", AT)
    modem = carried.start(stack.address)
    heard = listening(modem)
    await stack.plug_in(phone)
    await until(lambda: heard == ["1"] and not phone.store)


async def test_a_full_store_is_emptied_and_what_was_in_it_is_heard(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(stack)
    heard = listening(modem)
    phone.hear(NUMBER, "半", AT, part=(5, 2, 1))  # its second part never comes
    await until(lambda: "AT+CMGR=1" in phone.asked)
    phone.full = True
    assert (await failure(modem)).reason == "memory_full"
    assert phone.store == {}
    await modem.send(NUMBER, WORDS, gravity=0)
    assert (len(phone.sent), heard) == (1, [])


async def test_messages_that_modem_manager_overlooked_are_heard_when_they_fill_the_store(
    stack: Stack, carried: Carried, phone: AtModem
) -> None:
    modem = await carried.ready(stack)
    heard = listening(modem)
    for words in ("甲", "乙", "丙"):  # at once: it reads the first and overlooks the others
        phone.hear(NUMBER, words, AT)
    await until(lambda: heard == ["甲"] and len(phone.store) == 2)
    while await carried.messages():
        pass  # it is still forgetting the first
    phone.full = True
    assert (await failure(modem)).reason == "memory_full"
    while phone.full:  # a message that goes out as soon as the modem is back may be quicker than the emptying
        with suppress(SendFailed):
            await modem.send(NUMBER, WORDS, gravity=0)
    await until(lambda: sorted(heard) == ["丙", "乙", "甲"] and not phone.store)
