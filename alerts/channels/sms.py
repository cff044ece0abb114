"""Text messages to one telephone, by the home's modem: the network's delivery report is the receipt.

Theory of operation
-------------------
That the network took a message is only "sent". The receipt is its report that the telephone has it; where reports are
switched off, or the operator gives none, the network's word must do, and is recorded as such.

Text messages cost money, and the network keeps them for a telephone that is off. So while one waits there, what the
ladder repeats is not sent again but shares its report; without any report it is sent again after `UNREPORTED_S`. Once
the telephone has it, each further turn of the ladder rings it with the first message alone: the details of one
occurrence are sent once.

A reply that takes the alert (`texting.replies`) is a person's acknowledgement. It is answered: whoever wrote "1" must
know whether the alert is theirs.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.texting.mail import Fate, Report, Text
from alerts.channels.texting.replies import accepts, was_read
from alerts.channels.texting.words import answer, messages, wants_help
from alerts.dispatch import SendFailed
from alerts.model import SEVERITY_RANK, Alert, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.channels.texting.modem import Modem
    from alerts.dispatch import Taken

UNREPORTED_S = 600.0
"""How long a report is waited for before the message is sent again. Source: our choice: a telephone in the net has it
within seconds; one that is off gets no more than six copies an hour."""

UNDELIVERABLE_S = 600.0
"""How long to wait after the network has given a message up. Source: our choice, as for one without a report."""

TELEPHONE, NETWORK = "telephone", "network"
"""Who has the message, as the receipt says it, before the time."""

KEPT = 64
"""Alerts that are remembered as told to one telephone. Source: our choice: far more than live at once."""

ANSWER_TRIES = 3
"""Of the answer to a reply. Source: our choice: each waits for the modem; the ladder tells the news in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the messages of one home need.

    Args:
        bed: whose they are.
        timezone: of their times.
        most: how many messages one alert may take.
        reports: whether the operator gives delivery reports.
        now: the time (aware UTC).
        taken: called when a reply takes an alert.
        receipted: called with a delivery's id and its receipt.
        failed: called with a delivery's id when the network has given its message up.
        counted: called with a fixed name for what became of a reply.
    """

    bed: BedInfo
    timezone: ZoneInfo
    most: int
    reports: bool
    now: Callable[[], datetime]
    taken: Taken
    receipted: Callable[[str, str], None]
    failed: Callable[[str, SendFailed], None]
    counted: Callable[[str], None]


@dataclass(slots=True)
class _Copy:
    """The first message, as the network took it once."""

    handed_at: datetime
    deliveries: set[str] = field(default_factory=set)
    receipt: str = ""
    lost: SendFailed | None = None

    def serves(self, delivery_id: str, now: datetime) -> bool:
        """Say whether a delivery needs no copy of its own."""
        if self.receipt:
            return delivery_id in self.deliveries
        return self.lost is None and now - self.handed_at < timedelta(seconds=UNREPORTED_S)


@dataclass(slots=True)
class _Telling:
    """What one telephone was told of one alert."""

    alert: Alert
    texts: tuple[str, ...]
    delivery: Delivery
    handed: int = 0
    copy: _Copy | None = None
    handed_at: datetime | None = None
    delivered_at: datetime | None = None
    details: asyncio.Lock = field(default_factory=asyncio.Lock)  # news may come while they are being sent


class SmsChannel:
    """One telephone as a contact's.

    Args:
        modem: shared by all.
        number: of the telephone.
        contact: the ladder's name of whoever has it.
        home: see `Home`.
    """

    places = (1, 2)
    receipt_timeout_s = UNREPORTED_S

    def __init__(self, modem: Modem, number: str, contact: str, home: Home) -> None:
        self._modem = modem
        self._number = number
        self._contact = contact
        self._home = home
        self._told: OrderedDict[str, _Telling] = OrderedDict()
        modem.inbox.listen(number, self.heard)

    def remember(self, delivery: Delivery, alert: Alert) -> None:
        """Know again, after a start, what this telephone was told of an alert that still wants somebody."""
        telling = self._telling(delivery, alert)
        telling.handed, telling.handed_at = len(telling.texts), alert.called_from
        word, _, at = delivery.receipt.partition(" ")
        if word == TELEPHONE:
            telling.delivered_at = datetime.fromisoformat(at)

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Send what has not been sent; see `alerts.dispatch.Channel`."""
        telling = self._telling(delivery, alert)
        copy = telling.copy
        if copy is None or not copy.serves(delivery.id, self._home.now()):
            copy = await self._ring(telling)
        copy.deliveries.add(delivery.id)
        async with telling.details:
            while telling.handed < len(telling.texts):
                await self._modem.send(self._number, telling.texts[telling.handed], gravity=_gravity(alert) + 1)
                telling.handed += 1
        if copy.lost is not None:
            raise copy.lost
        return copy.receipt

    async def heard(self, reply: Text) -> None:
        """Take what a reply takes, and answer it."""
        if not accepts(reply.text):
            self._home.counted("reply_not_understood")
            return
        now = self._home.now()
        meant = [telling for telling in self._told.values() if _was_meant(telling, reply, now)]
        if not meant:
            self._home.counted("reply_without_alert")
            return
        outcomes = []
        for telling in meant:
            outcomes.append((telling.alert, await self._home.taken(telling.delivery, self._contact)))
            if self._told.get(telling.alert.key) is telling:
                del self._told[telling.alert.key]
        self._home.counted("reply_taken" if any(who == self._contact for _, who in outcomes) else "reply_too_late")
        living = [outcome for outcome in outcomes if outcome[1]]
        self._modem.later(self._answer(living or outcomes))

    def _telling(self, delivery: Delivery, alert: Alert) -> _Telling:
        """What this telephone was told of the same call before; a new one begins with nothing told."""
        texts = messages(alert, self._home.bed, timezone=self._home.timezone, most=self._home.most)
        telling = self._told.get(alert.key)
        if telling is None or not _is_same_call(telling.alert, alert):
            telling = self._told[alert.key] = _Telling(alert, texts, delivery)
            if len(self._told) > KEPT:
                self._told.popitem(last=False)
        if (telling.alert.state, telling.alert.called_from) != (alert.state, alert.called_from):
            telling.copy = None  # what waits in the network no longer says how it stands
        telling.alert, telling.texts, telling.delivery = alert, texts, delivery
        return telling

    async def _ring(self, telling: _Telling) -> _Copy:
        """Have the first message sent, by which a telephone rings."""
        copy = _Copy(self._home.now())
        reported = partial(self._reported, telling, copy) if self._home.reports else None
        await self._modem.send(self._number, telling.texts[0], gravity=_gravity(telling.alert), reported=reported)
        telling.copy, telling.handed = copy, max(telling.handed, 1)
        copy.handed_at = self._home.now()
        telling.handed_at = telling.handed_at or copy.handed_at
        if not self._home.reports:
            copy.receipt = f"{NETWORK} {copy.handed_at.isoformat()}"
        return copy

    def _reported(self, telling: _Telling, copy: _Copy, report: Report) -> None:
        if report.fate is Fate.DELIVERED:
            at = report.at or self._home.now()
            copy.receipt = f"{TELEPHONE} {at.isoformat()}"
            telling.delivered_at = telling.delivered_at or at
        elif report.fate is Fate.FAILED:
            copy.lost = SendFailed(
                "undeliverable",
                "the network could not deliver it: is the number right, and the telephone on?",
                retry_s=UNDELIVERABLE_S,
            )
        if telling.handed < len(telling.texts):  # `send` is still under way, or will be again, and tells
            return
        for delivery_id in sorted(copy.deliveries):
            if copy.lost is not None:
                self._home.failed(delivery_id, copy.lost)
            elif copy.receipt:
                self._home.receipted(delivery_id, copy.receipt)

    async def _answer(self, outcomes: list[tuple[Alert, str]]) -> None:
        words = answer(outcomes, self._contact, self._home.bed, timezone=self._home.timezone)
        for _ in range(ANSWER_TRIES):
            try:
                await self._modem.send(self._number, words, gravity=_gravity(outcomes[0][0]))
            except SendFailed as failure:
                self._home.counted(f"answer_{failure.reason}")
            else:
                return


def _is_same_call(before: Alert, now: Alert) -> bool:
    """Say whether who was told of one knows of the other: the same news, or the same occurrence that wants somebody."""
    if wants_help(before) and wants_help(now):
        return before.count == now.count
    return before.revision == now.revision


def _was_meant(telling: _Telling, reply: Text, now: datetime) -> bool:
    return (
        telling.handed_at is not None
        and wants_help(telling.alert)
        and was_read(reply, now, handed_at=telling.handed_at, delivered_at=telling.delivered_at)
    )


def _gravity(alert: Alert) -> int:
    """The first message of an alert goes before what else is to be said of one as grave."""
    return 2 * SEVERITY_RANK[alert.severity]
