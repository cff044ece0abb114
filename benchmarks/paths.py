"""What the supervision of the spare path costs on a mobile line, and how soon an emergency gets round a dead main path.

Usage: paths.py [--rounds N] [--seconds N]. Root only: see two_lines.py. First each single act of the supervisor is
counted on the wire, with the very code and settings of the gateway, and multiplied to a day. Then a real gateway beats
faster for some seconds, to see that the sum is right. Then the main path is cut or muted, N times each, and a button
is pressed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sqlite3
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import harness
import two_lines

from alerts.brief import BedInfo
from alerts.channels.briefs import Briefs
from alerts.channels.station import StationChannel
from alerts.dialling import CONNECT_S
from alerts.link import Link, Route, Tls
from alerts.model import Alert, AlertKind, AlertState, Delivery, Severity
from alerts.paths import Path as StationPath
from alerts.paths import Paths
from alerts.supervision import Rhythm
from alerts.wire import PATHS, SPARE, Heard, Receipt, Topics, qos_of, seal, unseal
from config.limits import defaults
from gateway import wiring
from gateway.heartbeat import Beats, Condition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from alerts.link import Message

DAY_S = 86_400
BUDGET = 200_000
KEY = two_lines.SECRET.encode()
SETTLE_S = 0.3
BURST_S = 14
"""Between presses: within ten seconds they would be one call, and a path that was muted is dialled anew by then."""

PING_PACKETS = 3
"""The question, the answer with the acknowledgement of the question, and the acknowledgement of the answer."""

REDIALS = 4
"""A day, on a mobile line: our choice; networks give a new address now and then."""


@dataclass
class Spare:
    """A home's spare path, in this process, as the gateway makes it."""

    where: Path
    line: two_lines.Line
    keepalive_s: int = wiring.SPARE_KEEPALIVE_S
    told: int = 0

    def __post_init__(self) -> None:
        self.topics = Topics(home="bench", path=SPARE)
        self.link = Link(
            host=two_lines.STATION,
            port=8883,
            client_id="shouwang-home-bench-spare",
            tls=Tls(ca_file=self.where / "ca.pem"),
            subscriptions=[(t, qos_of(t)) for t in (self.topics.receipt, self.topics.decision, self.topics.heard)],
            on_message=self._hear,
            on_state=lambda _up, _why: None,
            route=Route(interface=self.line.near),
            keepalive_s=self.keepalive_s,
        )
        clock_s = asyncio.get_running_loop().time
        rhythm = Rhythm(beat_s=3600.0, alone_s=600.0, answer_s=10.0, retries_s=(10.0,))
        self.path = StationPath(self.link, self.topics, rhythm, clock_s())
        self.paths = Paths([self.path], clock_s)
        self.beats = Beats(
            1,
            clock_s=clock_s,
            now=lambda: datetime.now(UTC),
            condition=lambda: Condition(live_alerts=0, tested_at=None, test_due_at=None),
            confirmed=None,
        )
        self.answered = asyncio.Event()

    def _hear(self, message: Message) -> None:
        if message.topic == self.topics.heard:
            heard = unseal(Heard, message.topic, message.payload, KEY)
            self.beats.confirmed(heard.sequence)
        else:
            unseal(Receipt, message.topic, message.payload, KEY)
            self.link.ack(message)
        self.answered.set()

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Spare]:
        """Keep it connected for as long as the block lasts."""
        task = asyncio.create_task(self.link.run())
        try:
            await until(lambda: self.link.connected, 30)
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def beat(self) -> None:
        """Ask, and wait for the answer."""
        self.answered.clear()
        beat = self.beats.next(self.paths, self.path)
        await self.link.publish(self.topics.heartbeat, seal(beat, self.topics.heartbeat, KEY), qos=0)
        await asyncio.wait_for(self.answered.wait(), 10)

    async def alert(self) -> None:
        """Tell an alert, and wait for its receipt."""
        self.answered.clear()
        self.told += 1
        now = datetime.now(UTC)
        bed = BedInfo(bed_code="BENCH-1", resident="测试", address="测试路 1 号", how_to_enter="敲门")
        channel = StationChannel(
            self.paths, KEY, briefs=Briefs(bed, ZoneInfo("Asia/Shanghai")), now=lambda: datetime.now(UTC)
        )
        alert = Alert(
            key=f"k{self.told}", kind=AlertKind.EMERGENCY, severity=Severity.EMERGENCY, subject="resident",
            state=AlertState.OPEN, since=now, opened_at=now, reason="pressed", last_at=now, updated_at=now,
            called_from=now,
        )  # fmt: skip
        row = Delivery(
            id=f"{self.told:032x}", alert_key=alert.key, contact="station", channel="station", severity=alert.severity,
            revision=1, due_at=now,
        )  # fmt: skip
        await channel.send(row, alert)
        await asyncio.wait_for(self.answered.wait(), 10)


async def costs(where: Path, line: two_lines.Line) -> dict[str, float]:
    """Count each act: bytes of IP, both ways."""
    found: dict[str, float] = {}
    spare = Spare(where, line)
    before = line.counted()
    async with spare.connected():
        await asyncio.sleep(SETTLE_S)
        found["connect"] = line.counted().bytes - before.bytes
        found["heartbeat"] = await _each(line, 20, spare.beat)
        found["alert"] = await _each(line, 10, spare.alert)
    quick = Spare(where, line, keepalive_s=3)
    async with quick.connected():
        await asyncio.sleep(SETTLE_S)
        before = line.counted()
        await asyncio.sleep(12)
        after = line.counted()
        found["ping"] = (after.bytes - before.bytes) / ((after.packets - before.packets) / PING_PACKETS)
    line.block("DROP")
    before = line.counted()
    task = asyncio.create_task(Spare(where, line).link.run())
    await asyncio.sleep(CONNECT_S - 0.1)
    found["attempt"] = line.counted().bytes - before.bytes
    task.cancel()
    line.mend()
    return found


async def _each(line: two_lines.Line, times: int, act: Callable[[], Awaitable[None]]) -> float:
    before = line.counted()
    for _ in range(times):
        await act()
        await asyncio.sleep(SETTLE_S)
    return (line.counted().bytes - before.bytes) / times


async def until(true: Callable[[], bool], within_s: float) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - nothing tells when it is
            await asyncio.sleep(0.005)


def days(cost: dict[str, float]) -> list[list[str]]:
    """Multiply to days: one on which nothing happens, one without the main path, one on which the spare is dead."""
    limits = defaults()
    beat_s, alone_s = float(limits["spare_heartbeat_s"]), float(limits["spare_alone_heartbeat_s"])
    ping_s = wiring.SPARE_KEEPALIVE_S * 2 // 3
    alone = DAY_S / alone_s
    quiet = {"heartbeat": DAY_S / beat_s, "ping": DAY_S / ping_s, "connect": REDIALS}
    without = {"heartbeat": alone, "ping": alone * ((alone_s - 1) // ping_s), "connect": REDIALS, "alert": 2}
    dead = {"attempt": DAY_S / (wiring.SPARE_LONGEST_DELAY_S / 2) + DAY_S / wiring.SPARE_RETRIES_S[-1]}
    rows = []
    for name, day in (("nothing happens", quiet), ("main path cut", without), ("spare path dead", dead)):
        total = sum(cost[act] * times for act, times in day.items())
        told = ", ".join(f"{times:.0f} x {act}" for act, times in day.items())
        rows.append([name, f"{total / 1000:.0f}", f"{100 * total / BUDGET:.0f} %", told])
    return rows


class Home:
    """A real gateway between both lines, and a button."""

    def __init__(self, where: Path, main: two_lines.Line, spare: two_lines.Line) -> None:
        self.where, self.main, self.spare = where, main, spare
        self.broker = harness.free_port()
        self._presses = 0

    @contextlib.contextmanager
    def running(self, **limits: float) -> Iterator[None]:
        """Run it for as long as the block lasts."""
        config = harness.home(self.where, self.broker, harness.free_port(), limits=_limits(limits))
        config.write_text(
            config.read_text().replace("[[ladder]]", f"{_station(self.where, self.spare)}\n[[ladder]]", 1)
        )
        log = self.where / "gateway.log"
        with harness.mosquitto(self.where, self.broker), harness.process(harness.gateway(config), log):
            self.button = harness.Publisher(self.broker)
            try:
                yield
            finally:
                self.button.close()

    async def answered(self) -> None:
        """Wait until the log has said that both paths answer."""
        log = self.where / "gateway.log"
        await until(lambda: all(f"path {path} answers" in log.read_text() for path in PATHS), 60)

    async def press(self) -> float:
        """Press; give the seconds until the station had stored it."""
        self._presses += 1
        began, known = time.time(), self._stored()
        self.button.press(self._presses)
        await until(lambda: self._stored() != known, 30)
        return datetime.fromisoformat(self._stored()).timestamp() - began

    def _stored(self) -> str:
        with contextlib.closing(sqlite3.connect(f"file:{self.where}/station.db?mode=ro", uri=True)) as db:
            return str(db.execute("SELECT coalesce(max(stored_at), '') FROM deliveries").fetchone()[0])


def _limits(limits: dict[str, float]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in limits.items())


def _station(where: Path, spare: two_lines.Line) -> str:
    return (
        f'[station]\nhost = "{two_lines.STATION}"\nca_file = "{where}/ca.pem"\n'
        f'secret = {{ file = "{where}/home.key" }}\n[station.spare]\ninterface = "{spare.near}"\n'
        '[[ladder]]\ncontact = "station"\nchannels = ["station"]\nafter_s = 0\n'
    )


async def check(home: Home, cost: dict[str, float], seconds: float) -> list[str]:
    """Let a real gateway beat every two seconds by the spare line; compare with the sum."""
    with home.running(spare_heartbeat_s=2):
        await home.answered()
        before, began = home.spare.counted(), time.monotonic()
        await asyncio.sleep(seconds)
        counted, lasted_s = home.spare.counted().bytes - before.bytes, time.monotonic() - began
    expected = cost["heartbeat"] * lasted_s / 2.5  # due after two seconds, seen by the tick that comes each second
    return [
        "a real gateway",
        f"{lasted_s:.0f} s",
        f"{counted:,}",
        f"{expected:,.0f}",
        f"{100 * counted / expected:.0f} %",
    ]


async def failover(home: Home, rounds: int) -> list[list[str]]:
    """Press while the main path is well, cut and muted."""
    found: dict[str, list[float]] = {"well": [], "cut": [], "half-open": []}
    with home.running(station_silence_s=20, heartbeat_s=5, spare_alone_heartbeat_s=5):
        await home.answered()
        for number in range(rounds):
            print(f"round {number + 1}/{rounds} ...", flush=True)
            for name, how in (("well", ""), ("cut", "REJECT"), ("half-open", "DROP")):
                if how:
                    home.main.block(how)
                found[name].append(await home.press())
                await asyncio.sleep(3)
                home.main.mend()
                await asyncio.sleep(BURST_S)
    return [
        [name, str(len(times)), f"{statistics.median(times) * 1000:.0f}", f"{max(times) * 1000:.0f}"]
        for name, times in found.items()
    ]


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    if why := two_lines.why_not():
        sys.exit(f"cannot be measured here: {why}")
    with harness.folder() as where, two_lines.lines() as (main_line, spare), two_lines.station(spare.host, where):
        cost = await costs(where, spare)
        harness.table(["act on the spare line, TLS", "bytes of IP"], [[a, f"{b:.0f}"] for a, b in cost.items()])
        print()
        harness.table(["a day", "KB", "of 200 KB", "made of"], days(cost))
        home = Home(where, main_line, spare)
        print()
        row = await check(home, cost, arguments.seconds)
        harness.table(["check", "for", "counted", "expected", ""], [row])
        (where / "gateway.log").unlink()
        print()
        harness.table(["main path", "n", "median ms", "max ms"], await failover(home, arguments.rounds))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that the other host goes, too
    asyncio.run(main())
