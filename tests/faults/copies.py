"""Faults of copies: an old backup is put back at the station, a second box speaks in the first one's name."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from tests.faults.fault import Fault
from tests.faults.papers import HEARTBEAT_S, SILENCE_S
from tests.faults.program import Program
from tests.faults.records import rows
from tests.faults.world import START_S, free_ports, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.scene import Scene


async def _restored(scene: Scene) -> None:
    """The station is stopped, and a backup from before some heartbeats is put in the place of its memory."""
    store, backup = scene.world.station_store, scene.world.folder / "yesterday.db"
    backup.unlink(missing_ok=True)
    await until(lambda: bool(rows(store, "SELECT 1 FROM paths WHERE heartbeat IS NOT NULL")), "no heartbeat", START_S)
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as now, closing(sqlite3.connect(backup)) as then:
        now.backup(then)
    for _ in range(4):
        scene.press()
        await scene.pause(HEARTBEAT_S * 0.6, HEARTBEAT_S * 0.8)
    with scene.disturbed("station restored", "station_restored:"):
        scene.world.station.kill()
        put_back(backup, store)
        scene.world.station.start()
        await scene.outlast(HEARTBEAT_S * 0.5, HEARTBEAT_S)


def put_back(backup: Path, store: Path) -> None:
    """Puts a copy in the place of a store, whose owner is dead."""
    for old in store.parent.glob(f"{store.name}*"):
        old.unlink()
    store.write_bytes(backup.read_bytes())


async def _twins(scene: Scene) -> None:
    """A box with a copied card is switched on in another home: the same name, another broker."""
    await scene.instant()
    with _twin(scene) as programs, scene.disturbed("two boxes of one name", "gateway_twins:"):
        for program in programs:
            program.start()
        await scene.outlast(SILENCE_S, SILENCE_S + 20)


@contextmanager
def _twin(scene: Scene) -> Iterator[tuple[Program, Program]]:
    world = scene.world
    (port,) = free_ports(1)
    config, broker = world.folder / "twin.toml", world.folder / "twin-broker.conf"
    said = (world.folder / "home.toml").read_text("utf-8")
    said = said.replace(str(world.home_store), str(world.twin_store))
    config.write_text(said.replace(f"\nport = {world.ports.home_broker}\n", f"\nport = {port}\n"), "utf-8")
    broker.write_text(f"listener {port} {world.hosts.home.address}\nallow_anonymous true\n", "ascii")
    commands = {"twin-broker": ["mosquitto", "-c", str(broker)], "twin": [*world.gateway.command[:-1], str(config)]}
    first, second = (
        Program(name=name, command=command, folder=world.folder, prefix=world.gateway.prefix)
        for name, command in commands.items()
    )
    try:
        yield first, second
    finally:
        second.kill()
        first.kill()


FAULTS = (
    Fault(name="station-restored", zh="驿站恢复了旧备份", strike=_restored, weight=2, patient=True),
    Fault(name="twins", zh="两个网关用同一个身份", strike=_twins, weight=2, patient=True),
)
