"""A `Modem` that runs, with what it told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.channels.modem import Modem
from alerts.channels.modem_bus import ModemBus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sms.at_modem import AtModem
    from tests.sms.modem_manager import Stack

PATIENT_S = 30.0


@dataclass(slots=True)
class Carried:
    """The carrier of one test's modem.

    Attributes:
        troubles: what it reported, in order.
        counts: what it counted, in order.
    """

    phone: AtModem
    troubles: list[bool] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)
    modem: Modem | None = None
    address: str = ""
    task: asyncio.Task[None] | None = None

    def start(self, address: str, *, wanted: str = "", production: bool = True) -> Modem:
        """Starts it on a bus. Its numbers begin with +999, which no network in the world routes."""
        self.address = address
        self.modem = Modem(
            address,
            wanted or self.phone.imei,
            production=production,
            on_trouble=self.troubles.append,
            counted=self.counts.append,
        )
        self.task = asyncio.create_task(self.modem.run())
        return self.modem

    async def ready(self, stack: Stack) -> Modem:
        """Starts it with the modem plugged in, and waits until it can send."""
        modem = self.start(stack.address)
        await stack.plug_in(self.phone)
        await until(lambda: self.troubles[-1:] == [False], lambda: f"{self.troubles} {modem.obstacle}")
        return modem

    async def messages(self) -> list[str]:
        """What ModemManager still knows of messages of this modem."""
        if self.modem is None or self.modem.seen is None:
            return []
        bus = ModemBus(self.address)
        await bus.open()
        try:
            return await bus.messages(self.modem.seen.path)
        finally:
            bus.close()

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task


async def until(true: Callable[[], bool], why: Callable[[], str] = lambda: "", within_s: float = PATIENT_S) -> None:
    """Waits until something is true; fails with `why()` when it never is."""
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, why()
        await asyncio.sleep(0.01)
