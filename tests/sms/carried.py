"""A `Modem` that runs, with what it told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from alerts.channels.texting.bus import ModemBus
from alerts.channels.texting.modem import Modem
from alerts.dispatch import SendFailed
from tests.sms.patience import PATIENT_S, until

if TYPE_CHECKING:
    from tests.sms.at_modem import AtModem
    from tests.sms.modem_manager import Stack


NUMBER = "+99900000001"  # no network in the world routes +999
WORDS = "【守望】紧急呼叫 李秀兰 下午3:05。幸福小区3号楼2单元402。回复1接警 😀"
AT = datetime(2026, 11, 22, 7, 5, 6, tzinfo=UTC)


async def failure(modem: Modem, number: str = NUMBER) -> SendFailed:
    """Sends what must fail, and gives how."""
    with pytest.raises(SendFailed) as raised:
        await modem.send(number, WORDS, gravity=0)
    return raised.value


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
        await until(lambda: self.troubles[-1:] == [False], lambda: f"{self.troubles} {modem._obstacle}")
        return modem

    async def messages(self) -> list[str]:
        """What ModemManager still knows of messages of this modem."""
        if self.modem is None or self.modem._seen is None:
            return []
        bus = ModemBus(self.address)
        await bus.open()
        try:
            return await bus.messages(self.modem._seen.path)
        finally:
            bus.close()

    async def forgotten(self) -> None:
        """Waits until ModemManager has forgotten what was deleted: what comes to that place is taken for it."""
        give_up = time.monotonic() + PATIENT_S
        while self.phone.store or await self.messages():
            assert time.monotonic() < give_up, f"{self.phone.store} {await self.messages()}"
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
