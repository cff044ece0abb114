"""What comes in by the modem: replies, and the network's reports on what was sent.

A message is deleted from the modem when it has been dealt with, and not before: a reply that was heard and whose
outcome is not yet committed is heard again after a crash. Nothing else may use this SIM card: every message in it is
ours to delete. A report is known by the number and the reference that the network gave to the message.

Messages are dealt with one after the other, since ModemManager locks the modem's store for each; what cannot be read
or deleted makes the inbox `untidy`, until the next sweep.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from alerts.channels.texting.bus import SMS, BusGone, ModemBus, Refused, Signal
from alerts.channels.texting.mail import STATE_RECEIVED, Report, Text, is_ours, mail_of, plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("shouwang")


class Inbox:
    """Replies and reports.

    Attributes:
        ours: object paths of messages that are being sent.
        untidy: whether something is left that could not be dealt with.

    Args:
        counted: called with a fixed name for what could not be matched with anything.
    """

    def __init__(self, counted: Callable[[str], None]) -> None:
        self.ours: set[str] = set()
        self.untidy = False
        self._counted = counted
        self._listeners: dict[str, list[Callable[[Text], Awaitable[None]]]] = {}
        self._expected: dict[tuple[str, int], Callable[[Report], None]] = {}
        self._early: list[Report] = []
        self._in_hand = asyncio.Lock()
        self._unfinished: set[str] = set()

    def listen(self, number: str, heard: Callable[[Text], Awaitable[None]]) -> None:
        """Have what comes from a number told; it is deleted from the modem when `heard` has returned."""
        self._listeners.setdefault(plain(number), []).append(heard)

    def expect(self, number: str, reference: int, reported: Callable[[Report], None]) -> None:
        """Have reports told; one may have come before the network's reference was known."""
        self._expected[plain(number), reference] = reported
        for report in self._early:
            self._report(report)

    def forget_early_reports(self) -> None:
        """A message is about to be sent: what was reported before cannot be about it."""
        self._early.clear()

    def mail_in(self, signal: Signal, modem: str) -> str:
        """Give the message that a signal says has come in, or of which the last part has; "" for none."""
        if signal.member == "Added" and signal.path == modem and signal.body[1:] == [True]:
            return str(signal.body[0])
        last_part = signal.path in self._unfinished and signal.body[:1] == [SMS]
        if last_part and signal.body[1].get("State") == STATE_RECEIVED:
            self._unfinished.discard(signal.path)
            return signal.path
        return ""

    async def sweep(self, bus: ModemBus, modem: str, *, everything: bool = False) -> bool:
        """Deal with what came while nobody listened, and delete what is left of ours; with `everything`, all of it.

        Returns:
            Whether there was anything.
        """
        self.untidy = False
        found = []
        try:
            found = [sms for sms in await bus.messages(modem) if sms not in self.ours]
        except (Refused, BusGone) as error:
            self._postpone(error)
        for sms in found:
            await self.take(bus, modem, sms, delete=everything)
        return bool(found)

    async def take(self, bus: ModemBus, modem: str, sms: str, *, delete: bool = False) -> None:
        """Deal with one message and delete it; one of which parts are still to come stays, unless `delete`."""
        async with self._in_hand:
            try:
                await self._take(bus, modem, sms, delete=delete)
            except (Refused, BusGone) as error:
                self._postpone(error)

    async def _take(self, bus: ModemBus, modem: str, sms: str, *, delete: bool) -> None:
        if sms in self.ours or sms not in await bus.messages(modem):
            return
        properties = await bus.read(sms)
        mail = mail_of(properties)
        if isinstance(mail, Report):
            self._report(mail)
        elif isinstance(mail, Text):
            await self._hear(mail)
        if mail is not None or delete or is_ours(properties):
            await bus.delete(modem, sms)
        else:
            self._unfinished.add(sms)

    def _postpone(self, error: Refused | BusGone) -> None:
        log.info("a message in the modem is left for later: %s", error)
        self.untidy = True

    def _report(self, report: Report) -> None:
        reported = self._expected.get((plain(report.number), report.reference))
        if reported is not None:
            reported(report)
        elif report not in self._early:
            self._early.append(report)
            self._counted("report_unmatched")

    async def _hear(self, text: Text) -> None:
        listeners = self._listeners.get(plain(text.number), [])
        if not listeners:
            self._counted("reply_of_stranger")
        for heard in listeners:
            await heard(text)
