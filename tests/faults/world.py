"""A whole world: a home with its broker and gateway, a station with its broker, the hotline's receiver, and people."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults import clocks, operator, papers, records
from tests.faults.duty import Duty
from tests.faults.papers import Keys, Ports
from tests.faults.program import Program
from tests.faults.sensors import Sensors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from random import Random

    from tests.faults.disks import Disks
    from tests.faults.hosts import Hosts

START_S = 60.0
"""How long the slowest start may take on a machine that has much else to do."""


CALM_S = 5.0
"""How long what was closed may take to end at both ends; then something new has come."""

POLL_S = 0.2
"""Between looks at what is waited for."""

RESTART_S = 1.0
"""The pause of a service manager. Source: ours; systemd's own is 0.1 s."""


class NeverHappened(AssertionError):
    """What was waited for did not come."""


@dataclass(slots=True, kw_only=True)
class World:
    """Made by `living`; its programs may be killed and started again by whoever breaks it."""

    folder: Path
    disks: Disks
    hosts: Hosts
    ports: Ports
    keys: Keys
    home_broker: Program
    gateway: Program
    station_broker: Program
    station: Program
    hotline: Program
    operator: Program
    duty: Duty
    sensors: Sensors
    programs: tuple[Program, ...] = field(init=False)
    tasks: tuple[asyncio.Task[None], ...] = ()

    def __post_init__(self) -> None:
        self.programs = (self.home_broker, self.station_broker, self.hotline, self.operator, self.station, self.gateway)

    @property
    def home_store(self) -> Path:
        """The gateway's memory."""
        return self.disks.home / "store.db"

    @property
    def station_store(self) -> Path:
        """The station's memory."""
        return self.disks.station / "station.db"

    @property
    def twin_store(self) -> Path:
        """The memory of a second box of the same name."""
        return self.folder / "twin.db"

    @property
    def clock(self) -> Path:
        """What time it is for the gateway, in libfaketime's words."""
        return self.folder / "clock"

    @property
    def told(self) -> Path:
        """What the hotline was told."""
        return self.folder / "told.jsonl"

    def calls(self) -> list[float]:
        """When the hotline's telephone began to ring."""
        return operator.calls(self.folder)

    def heard(self) -> list[tuple[str, float]]:
        """The keys of all alerts that reached somebody, and when."""
        arrivals = [(arrival.alert, arrival.at) for arrival in records.arrivals(self.told)]
        return [*arrivals, *records.station_alerts(self.station_store).items()]

    async def mend(self) -> None:
        """Has every program run again, brokers first."""
        for program in self.programs:
            program.thaw()
            if not program.alive:
                program.kill()
                program.start()
        await self.listening(self.hosts.home.address, self.ports.home_broker)
        await self.listening(self.hosts.station.address, self.ports.station_broker)

    async def look_after(self) -> None:
        """Starts what ended by itself after a moment, until cancelled."""
        while True:
            await asyncio.sleep(RESTART_S)
            for program in self.programs:
                program.look_after()

    def look_for_bugs(self) -> None:
        """Raises what ended one of the harness's own tasks, none of which ends by itself."""
        for task in self.tasks:
            if task.done():
                task.result()

    async def on_speaking_terms(self) -> None:
        """Waits for a heartbeat that the station answers: what is lost already could not be lost once more."""
        now = time.time()
        await until(lambda: records.heard_at(self.station_store) > now, "the station hears no heartbeat", START_S)

    async def calm(self) -> None:
        """Waits until nobody needs anything: every alert is closed at both ends, and nothing is on its way."""
        stores = self.home_store, self.station_store
        await until(
            lambda: not (records.live(stores[0]) or records.under_way(stores[0]) or records.undecided(stores[1])),
            "an alert or a telling has not ended",
            CALM_S,
        )

    async def listening(self, address: str, port: int) -> None:
        """Waits until somebody listens."""
        give_up = time.monotonic() + START_S
        while not await _listens(address, port):
            if time.monotonic() > give_up:
                raise NeverHappened(f"nobody listens on {address}:{port} after {START_S:.0f} s")
            await asyncio.sleep(0.05)


async def until(true: Callable[[], bool], what: str, within_s: float) -> None:
    """Waits until something is true.

    Raises:
        NeverHappened: it never was; `what` says what is wrong.
    """
    give_up = time.monotonic() + within_s
    while not true():
        if time.monotonic() > give_up:
            raise NeverHappened(f"{what} after {within_s:.0f} s")
        await asyncio.sleep(POLL_S)


@asynccontextmanager
async def living(folder: Path, disks: Disks, hosts: Hosts, keys: Keys, rng: Random) -> AsyncIterator[World]:
    """A world in an empty folder, whose every part is up and has spoken to its neighbours; gone afterwards."""
    async with AsyncExitStack() as stack:
        if hosts.wire is not None:
            hosts.wire.open()
            stack.callback(hosts.wire.close)
        world = _world(folder, disks, hosts, keys, rng)
        stack.callback(world.sensors.close)
        for program in world.programs:
            stack.callback(program.kill)
        await world.mend()
        await until(lambda: world.gateway.said().count(" is up") >= 2, world.gateway.said(), START_S)
        world.tasks = tuple(map(asyncio.create_task, (world.duty.run(), world.look_after(), disks.journal())))
        for task in world.tasks:
            stack.callback(task.cancel)
        await until(lambda: world.duty.seen_at > 0, world.station.said(), START_S)
        yield world


def _world(folder: Path, disks: Disks, hosts: Hosts, keys: Keys, rng: Random) -> World:
    ports = Ports(*free_ports(7))
    home = papers.home_toml(folder, disks.home, hosts, ports, keys)
    station = papers.station_toml(folder, disks.station, ports, keys)
    told = folder / "told.jsonl"

    def program(name: str, where: str, *command: str, **environment: str) -> Program:
        prefix = getattr(hosts, where).prefix
        return Program(name=name, command=list(command), folder=folder, prefix=prefix, environment=environment)

    python, clock = sys.executable, clocks.environment(folder / "clock")
    at_home = papers.home_broker_conf(folder, disks.home, hosts, ports)
    at_station = papers.station_broker_conf(folder, disks.station, hosts, ports, keys)
    return World(
        folder=folder,
        disks=disks,
        hosts=hosts,
        ports=ports,
        keys=keys,
        home_broker=program("home-broker", "home", "mosquitto", "-c", str(at_home)),
        gateway=program("gateway", "home", python, "-m", "gateway", "run", "--config", str(home), **clock),
        station_broker=program("station-broker", "station", "mosquitto", "-c", str(at_station)),
        station=program("station", "station", python, "-m", "alerts.station", "--config", str(station)),
        hotline=program(
            "hotline",
            "hotline",
            python,
            "-m",
            "tests.faults.hotline",
            hosts.hotline.address,
            str(ports.hotline),
            str(told),
        ),
        operator=program(
            "operator",
            "hotline",
            *operator.command(folder, hosts.operator, ports.operator, ports.media),
            **operator.ENVIRONMENT,
        ),
        duty=Duty(f"http://{hosts.station.address}:{ports.console}", rng),
        sensors=Sensors(hosts.home.address, ports.home_broker),
    )


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, each another one."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


async def _listens(address: str, port: int) -> bool:
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(address, port)
    except OSError:  # a time-out is one, too
        return False
    writer.close()
    return True
