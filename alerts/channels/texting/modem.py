"""One modem for text messages, by ModemManager.

Theory of operation
-------------------
`run` keeps the connection to the bus and follows ModemManager's signals; whatever of bus, ModemManager, modem, SIM
card or network is missing is an `Obstacle`, and `send` tells it after waiting `PATIENCE_S` for it to go away. A modem
that is switched off is switched on, since nobody else may do it. While there is an obstacle, or when `DOUBTFUL`
messages in a row have failed, the modem is in trouble, which is reported once at each change.

Messages go out one at a time, the gravest first. ModemManager is told to forget each as soon as the network has it;
what comes back, reports and replies, is the `Inbox`'s.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Any, NoReturn

from alerts.channels.phone_number import NumberRefused, permitted
from alerts.channels.texting.bus import BusGone, ModemBus, Refused, Signal
from alerts.channels.texting.inbox import Inbox
from alerts.channels.texting.state import (
    MEMORY_FULL,
    NO_BUS,
    STARTING,
    ModemState,
    Obstacle,
    Seen,
    chosen,
    obstacle,
    obstacle_in,
)
from alerts.channels.texting.turns import Turns
from alerts.dispatch import SendFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from alerts.channels.texting.mail import Report

log = logging.getLogger("shouwang")

PATIENCE_S = 15.0
"""How long a message waits for the modem before it is put off. Source: our choice: a modem that changes its cell is
back within seconds, and what waits here goes out at that very moment."""

LOOK_S = 5.0
"""How often ModemManager is asked without being prompted, should a signal have been lost, and how soon what could not
be read or deleted is tried again. Source: our choice; one call on the local bus."""

RECONNECT_S = (0.5, 30.0)
"""Between attempts to reach the bus: a random part of a limit that doubles. Source: as in `alerts.link`."""

STABLE_S = 10.0
"""A connection that lasted this long makes the next pause short again."""

DOUBTFUL = 3
"""Messages that fail in a row before the modem itself is in doubt. Source: our choice."""

FORBIDDEN_S = 3600.0
"""Before a number that must not be reached is tried again: only a changed configuration can help."""

REREAD_S = 600.0
"""Before the modem is switched off and on once more to have its store read: it cuts what else goes by this modem."""

_jitter = random.SystemRandom()


class Modem:
    """The modem.

    Attributes:
        inbox: what comes in.

    Args:
        address: of the bus; "" for the system's.
        wanted: the modem's IMEI or device identifier; "" for the first one.
        production: whether real numbers may be reached.
        on_trouble: called at the start and at each change: True when no message can be sent, False when one can.
        counted: called with what became of each message that came in.
    """

    def __init__(
        self,
        address: str,
        wanted: str,
        *,
        production: bool,
        on_trouble: Callable[[bool], None],
        counted: Callable[[str], None],
    ) -> None:
        self._address = address
        self._wanted = wanted
        self._production = production
        self._on_trouble = on_trouble
        self.inbox = Inbox(counted)
        self._turns = Turns()
        self._bus: ModemBus | None = None
        self._seen: Seen | None = None
        self._obstacle: Obstacle | None = NO_BUS
        self._failed = 0
        self._reread_at = 0.0
        self._told_trouble: bool | None = None  # what was told before the last start is not known here
        self._tasks: asyncio.TaskGroup | None = None

    async def send(
        self, number: str, text: str, *, gravity: int, reported: Callable[[Report], None] | None = None
    ) -> None:
        """Hand one text message to the network.

        Args:
            number: whose.
            text: at most 70 UTF-16 units.
            gravity: lower goes before what waits.
            reported: called with the network's reports; None asks for none.

        Raises:
            SendFailed: the network has not taken it.
        """
        self._dialled(number)
        try:
            async with self._turns.turn(gravity, PATIENCE_S):
                await self._send(number, text, reported)
        except TimeoutError:
            raise SendFailed(*(self._obstacle or STARTING)) from None

    def later(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Have something done beside what goes on, for as long as the modem runs."""
        if self._tasks is None:
            coroutine.close()
            return
        self._tasks.create_task(coroutine)

    async def probe(self) -> str:
        """Say whether a message has a chance now, without sending any; see `alerts.probe.Probe`."""
        if self._obstacle is not None:
            raise SendFailed(*self._obstacle)
        if self._failed >= DOUBTFUL:
            raise SendFailed(
                "failing", f"最近 {self._failed} 条短信都没有发出 / the last {self._failed} messages have failed"
            )
        return "the modem is registered"

    async def run(self) -> None:
        """Keep the modem going until cancelled."""
        clock, attempt = asyncio.get_running_loop().time, 0
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                while True:
                    began = clock()
                    await self._connect_once()
                    attempt = 0 if clock() - began >= STABLE_S else min(attempt + 1, 16)
                    limit_s = min(RECONNECT_S[1], RECONNECT_S[0] * 2.0**attempt)
                    await asyncio.sleep(_jitter.uniform(0.0, limit_s))  # noqa: TID251 - a pause in I/O, no clock
            finally:
                self._tasks = None  # a message that is left behind in the modem is found at the next start

    # What goes out

    async def _send(self, number: str, text: str, reported: Callable[[Report], None] | None) -> None:
        bus, seen = self._bus, self._seen
        if bus is None or seen is None:
            raise SendFailed(*NO_BUS)
        try:
            await self._hand_over(bus, seen.path, number, text, reported)
        except BusGone as error:
            raise SendFailed(*NO_BUS) from error
        except Refused as error:
            raise await self._failure(bus, seen.path, error) from error
        self._failed = 0
        self._tell()

    def _dialled(self, number: str) -> str:
        """The number as the network takes it; asked first of all, and again immediately before it is used."""
        try:
            return permitted(number, production=self._production)
        except NumberRefused as refused:
            raise SendFailed(refused.reason, refused.sentence, retry_s=FORBIDDEN_S) from refused

    async def _hand_over(
        self, bus: ModemBus, modem: str, number: str, text: str, reported: Callable[[Report], None] | None
    ) -> None:
        dialled = self._dialled(number)
        self.inbox.forget_early_reports()
        sms = await bus.create(modem, dialled, text, report=reported is not None)
        self.inbox.ours.add(sms)
        try:
            await bus.send(sms)
            reference = int((await bus.read(sms))["MessageReference"])
        finally:
            self.later(self._forget(bus, modem, sms))
        if reported is not None:
            self.inbox.expect(dialled, reference, reported)

    async def _failure(self, bus: ModemBus, modem: str, error: Refused) -> SendFailed:
        problem = obstacle_in(error.name, error.text)
        if problem is MEMORY_FULL:
            await self._make_room(bus, modem)
        self._failed += 1
        self._tell()
        return SendFailed(*problem)

    async def _make_room(self, bus: ModemBus, modem: str) -> None:
        """Empty the modem's store.

        ModemManager overlooks a message that comes while it deals with another one (1.20: its lock on the store is
        taken). It reads the whole store only when it enables the modem; so that is what is done when it knows of none.
        """
        now = asyncio.get_running_loop().time()
        try:
            if not await self.inbox.sweep(bus, modem, everything=True) and now >= self._reread_at:
                self._reread_at = now + REREAD_S
                await bus.enable(modem, on=False)  # `_look` enables it again
                self._see(self._seen, STARTING)
        except (Refused, BusGone) as error:  # the message is tried again, and so is this
            log.info("the modem's store could not be emptied: %s", error)

    async def _forget(self, bus: ModemBus, modem: str, sms: str) -> None:
        try:
            await bus.delete(modem, sms)
        except (Refused, BusGone) as error:  # the next sweep finds it, unless ModemManager has forgotten it already
            log.debug("a message could not be deleted: %s", error)
        self.inbox.ours.discard(sms)

    # What goes on

    async def _connect_once(self) -> None:
        bus = ModemBus(self._address)
        try:
            await bus.open()
            self._bus = bus
            await self._follow(bus)
        except BusGone as gone:
            log.info("the D-Bus is gone: %s", gone)
            self._see(None, NO_BUS)
        finally:
            bus.close()
            self._bus = None

    async def _follow(self, bus: ModemBus) -> NoReturn:
        await self._look(bus)
        while True:
            signal = await bus.signal(LOOK_S)
            if signal is None or _is_about_modems(signal):
                await self._look(bus)
            elif self._seen is not None and (sms := self.inbox.mail_in(signal, self._seen.path)):
                self.later(self.inbox.take(bus, self._seen.path, sms))

    async def _look(self, bus: ModemBus) -> None:
        seen = None
        try:
            seen = chosen(await bus.objects(), self._wanted)
            problem = obstacle(seen)
            if seen is not None and seen.state == ModemState.DISABLED:
                await bus.enable(seen.path)
        except Refused as error:
            problem = obstacle_in(error.name, error.text)
        self._see(seen, problem)
        if problem is None and seen is not None and self.inbox.untidy:
            self.later(self.inbox.sweep(bus, seen.path))

    def _see(self, seen: Seen | None, problem: Obstacle | None) -> None:
        path = self._seen.path if self._seen is not None else ""
        begins = problem is None and seen is not None and (self._obstacle is not None or seen.path != path)
        if problem != self._obstacle:
            log.info("text messages: %s", problem.reason if problem else "the modem is ready")
        self._seen, self._obstacle = seen, problem
        if problem is not None:
            self._turns.shut()
        elif begins and seen is not None and self._bus is not None:
            self._failed = 0
            self._turns.open()
            self.later(self.inbox.sweep(self._bus, seen.path))
        self._tell()

    def _tell(self) -> None:
        trouble = self._obstacle is not None or self._failed >= DOUBTFUL
        if trouble != self._told_trouble:
            self._told_trouble = trouble
            self._on_trouble(trouble)


def _is_about_modems(signal: Signal) -> bool:
    return signal.member in {"StateChanged", "InterfacesAdded", "InterfacesRemoved", "NameOwnerChanged"}
