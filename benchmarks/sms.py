"""How long from the decision to text somebody until the first call to ModemManager, and until the modem has the text.

A dispatcher of the gateway is handed an alert; the bus, ModemManager and the telling are the real ones, the modem
speaks AT commands in a thread of its own. What the mobile network then takes, seconds, is nobody's to measure here.

    python -m benchmarks.sms [--rounds 300]
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.brief import BedInfo
from alerts.channels.sms import Home, SmsChannel
from alerts.channels.texting import bus, modem
from alerts.channels.texting.modem import Modem
from alerts.dispatch import Dispatcher, SendFailed
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity
from tests.sms.at_modem import AtModem
from tests.sms.modem_manager import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sms.pdu import Submitted

GOAL_MS = 50.0
"""p99 of decision to first packet. Source: issue 3, "Numbers to reach"."""

NUMBER = "+99900000001"  # no network in the world routes +999
BED = BedInfo(bed_code="B-1", resident="李秀兰", address="幸福小区 3 号楼 2 单元 402", how_to_enter="对门有钥匙")


class Clocked(bus.ModemBus):
    """Notes when the first call about a message left."""

    first = 0.0

    async def create(self, modem: str, number: str, text: str, *, report: bool) -> str:
        """Make a message."""
        Clocked.first = Clocked.first or time.perf_counter()
        return await super().create(modem, number, text, report=report)


class Phone:
    """A modem in a thread, with when it had the first text."""

    def __init__(self) -> None:
        self.at = AtModem(name=f"shouwang-bench-{secrets.token_hex(8)}", imei="990000000000001")
        self.at.on_sent = self._note
        self.first = 0.0
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True).start()
        self._ready.wait()

    async def _live(self) -> None:
        await self.at.plug_in()
        self._ready.set()
        await asyncio.get_running_loop().create_future()

    def _note(self, _reference: int, _message: Submitted) -> None:
        self.first = self.first or time.perf_counter()


class Bench:
    """A dispatcher whose only channel is a telephone that is texted."""

    def __init__(self, address: str, modem: str) -> None:
        self.receipts = asyncio.Queue[str]()
        self.modem = Modem(address, modem, production=True, on_trouble=lambda _: None, counted=lambda _: None)
        home = Home(
            bed=BED,
            timezone=ZoneInfo("Asia/Shanghai"),
            most=1,
            reports=False,
            now=self.now,
            taken=self.taken,
            receipted=lambda *_: None,
            failed=lambda *_: None,
            counted=lambda _: None,
        )
        channel = SmsChannel(self.modem, NUMBER, "女儿", home)
        self.dispatcher = Dispatcher(
            self, {("女儿", "sms"): channel}, now=self.now, receipt_timeout_s=600, counted=lambda *_: None
        )

    def now(self) -> datetime:
        """Give the time."""
        return datetime.now(UTC)

    async def taken(self, _delivery: Delivery, by: str) -> str:
        """Nobody replies here."""
        return by

    def record(self, delivery: Delivery) -> None:
        """Take note of a receipt, as the gateway's store would."""
        self.receipts.put_nowait(delivery.error or delivery.receipt)


def alert(number: int) -> Alert:
    """Give an emergency call of this moment."""
    at = datetime.now(UTC)
    return Alert(
        key=f"press:{number}",
        kind=AlertKind.EMERGENCY,
        severity=Severity.EMERGENCY,
        subject="button",
        state=AlertState.OPEN,
        since=at,
        opened_at=at,
        reason="pressed",
        last_at=at,
        updated_at=at,
        called_from=at,
    )


async def measure(rounds: int, folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Give the milliseconds to the first call, to the modem and to the network's word, one for each round."""
    stack, phone = Stack(folder), Phone()
    try:
        stack.start_bus()
        stack.start_manager()
        await stack.plug_in(phone.at)
        bench = Bench(stack.address, phone.at.imei)
        tasks = [asyncio.create_task(part()) for part in (bench.modem.run, bench.dispatcher.run)]
        await ready(bench.modem)
        figures = [await round_(bench, phone, number) for number in range(rounds + 1)][1:]  # the first one warms up
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        stack.close()
    first, arrived, taken = zip(*figures, strict=True)
    return list(first), list(arrived), list(taken)


async def ready(modem: Modem) -> None:
    """Wait until the modem can send."""
    while True:
        try:
            await modem.probe()
        except SendFailed as failure:
            print(f"waiting: {failure}", file=sys.stderr)
            await asyncio.sleep(0.5)
        else:
            return


async def round_(bench: Bench, phone: Phone, number: int) -> tuple[float, float, float]:
    """Tell one alert."""
    told = alert(number)
    row = Delivery(
        id=secrets.token_hex(16),
        alert_key=told.key,
        contact="女儿",
        channel="sms",
        severity=told.severity,
        revision=1,
        due_at=told.called_from,
    )
    Clocked.first = phone.first = 0.0
    began = time.perf_counter()
    bench.dispatcher.know([told])
    bench.dispatcher.add([replace(row)])
    receipt = await bench.receipts.get()
    done = time.perf_counter()
    if not receipt.startswith("network "):
        raise RuntimeError(receipt)
    return tuple(1000 * (at - began) for at in (Clocked.first, phone.first, done))  # type: ignore[return-value]


def quantiles(values: list[float]) -> Iterator[float]:
    """Give p50, p99 and the longest."""
    ordered = sorted(values)
    for part in (0.5, 0.99):
        yield ordered[min(len(ordered) - 1, int(part * len(ordered)))]
    yield ordered[-1]


async def main(rounds: int) -> bool:
    """Print the table; True when the goal is reached."""
    modem.ModemBus = Clocked  # type: ignore[misc]  # the seam at which its calls leave
    with tempfile.TemporaryDirectory(prefix="shouwang-bench-") as folder:
        columns = await measure(rounds, Path(folder))
    print(f"{'ms, from the decision to':<34}" + "".join(f"{name:>10}" for name in ("p50", "p99", "max")))
    names = ("first call on the D-Bus", "text at the modem (AT+CMGS)", "the network's word, recorded")
    for name, values in zip(names, columns, strict=True):
        print(f"{name:<34}" + "".join(f"{figure:>10.2f}" for figure in quantiles(values)))
    reached = list(quantiles(columns[0]))[1] <= GOAL_MS
    goal = f"goal: p99 of the first call at most {GOAL_MS:.0f} ms"
    print(f"{rounds} rounds; {goal}: {'reached' if reached else 'MISSED'}")
    return reached


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    sys.exit(not asyncio.run(main(parser.parse_args().rounds)))
