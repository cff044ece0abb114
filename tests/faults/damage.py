"""Faults of files: the memory of the gateway or of the station is cut short, overwritten, spoilt or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from random import Random

    from tests.faults.scene import Scene

PAGE_BYTES = 1024
"""Source: gateway/migrate.py."""


def truncated(store: Path, rng: Random) -> None:
    """Ends somewhere before its end, and its log is gone."""
    _log(store).unlink(missing_ok=True)
    with store.open("r+b") as file:
        file.truncate(rng.randrange(store.stat().st_size - PAGE_BYTES))


def overwritten(store: Path, rng: Random) -> None:
    """Is no database any more."""
    _log(store).unlink(missing_ok=True)
    store.write_bytes(rng.randbytes(rng.randrange(1, 50_000)))


def spoilt(store: Path, rng: Random) -> None:
    """Half of its pages hold something else."""
    _log(store).unlink(missing_ok=True)
    content = bytearray(store.read_bytes())
    for page in range(0, len(content), PAGE_BYTES):
        if rng.random() < 0.5:
            content[page : page + PAGE_BYTES] = rng.randbytes(PAGE_BYTES)
    store.write_bytes(content)


def _log(store: Path) -> Path:
    return store.with_name(f"{store.name}-wal")


def _home(damage: Callable[[Path, Random], None]) -> Callable[[Scene], Awaitable[None]]:
    """Damaged while the gateway is off."""

    async def strike(scene: Scene) -> None:
        world = scene.world
        await scene.pause(1.0, 3.0)
        async with scene.hush():
            with scene.disturbed(f"home's store {damage.__name__}", "trouble:gateway/store:", forgets=True):
                world.gateway.kill()
                damage(world.home_store, scene.rng)
                world.gateway.start()
                await scene.outlast(1.0, 3.0)

    return strike


async def _home_gone(scene: Scene) -> None:
    """Deleted under the running gateway."""
    async with scene.hush():
        with scene.disturbed("home's store deleted", "trouble:gateway/store:", forgets=True):
            for file in (scene.world.home_store, _log(scene.world.home_store)):
                file.unlink(missing_ok=True)
            await scene.outlast(1.0, 3.0)


async def _station(scene: Scene) -> None:
    """The station's memory is damaged while it is off."""
    world = scene.world
    damage = scene.rng.choice((truncated, overwritten, spoilt))
    await scene.pause(1.0, 3.0)
    async with scene.hush():
        with scene.disturbed(f"station's store {damage.__name__}"):
            world.station.kill()
            damage(world.station_store, scene.rng)
            world.station.start()
            await scene.pause(2.0, 4.0)


FAULTS = (
    Fault(name="store-truncated", zh="家里数据库被截断", strike=_home(truncated), weight=3, numbered=True),
    Fault(name="store-overwritten", zh="家里数据库被覆盖", strike=_home(overwritten), weight=2, numbered=True),
    Fault(name="store-spoilt", zh="家里数据库坏页", strike=_home(spoilt), weight=3, numbered=True),
    Fault(name="store-gone", zh="家里数据库被删", strike=_home_gone, weight=2, numbered=True),
    Fault(name="station-store-damaged", zh="驿站数据库损坏", strike=_station, weight=3),
)
