"""What comes in by the modem: replies, and the network's reports on what was sent.

A message is deleted from the modem when it has been dealt with, and not before: a reply that was heard and whose
outcome is not yet committed is heard again after a crash. Nothing else may use this SIM card: every message in it is
ours to delete. A report is known by the number and the reference that the network gave to the message.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alerts.channels.modem_bus import SMS, BusGone, ModemBus, Refused, Signal
from alerts.channels.modem_mail import STATE_RECEIVED, Report, Text, is_ours, mail_of, plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("shouwang")


class Inbox:
    """Replies and reports.

    Attributes:
        ours: object paths of messages that are being sent.

    Args:
        counted: called with a fixed name for what could not be matched with anything.
    """

    def __init__(self, counted: Callable[[str], None]) -> None:
        self.ours: set[str] = set()
        self._counted = counted
        self._listeners: dict[str, list[Callable[[Text], Awaitable[None]]]] = {}
        self._expected: dict[tuple[str, int], Callable[[Report], None]] = {}
        self._early: list[Report] = []
        self._in_hand: set[str] = set()
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

    async def sweep(self, bus: ModemBus, modem: str, *, everything: bool = False) -> None:
        """Deal with what came while nobody listened, and delete what is left of ours; with `everything`, all of it."""
        try:
            for sms in await bus.messages(modem):
                await self.take(bus, modem, sms, delete=everything)
        except (Refused, BusGone) as error:  # it is read again when the modem is next ready
            log.info("the modem's store of messages could not be read: %s", error)

    async def take(self, bus: ModemBus, modem: str, sms: str, *, delete: bool = False) -> None:
        """Deal with one message and delete it; one of which parts are still to come stays, unless `delete`."""
        if sms in self.ours or sms in self._in_hand:
            return
        self._in_hand.add(sms)
        try:
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
        except (Refused, BusGone) as error:  # it is gone, or is found by the next sweep
            log.info("a message could not be read or deleted: %s", error)
        finally:
            self._in_hand.discard(sms)

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
