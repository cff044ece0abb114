"""Faults of power and disks: what was never fsynced is gone, or a disk refuses."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.faults.fault import Fault, Need
from tests.faults.papers import SILENCE_S
from tests.faults.processes import LISTENING_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.forgetful import Forgetful
    from tests.faults.scene import Scene

MACHINES = {"home": ("gateway", "home_broker"), "station": ("station", "station_broker")}
"""What dies when a machine loses its power, and its disk with it."""


def _forgetful(scene: Scene) -> Forgetful:
    folders = scene.world.disks.forgetful
    assert folders is not None, "a power cut was drawn without a disk that forgets"
    return folders


def _power_cut(*machines: str, times: int = 2) -> Callable[[Scene], Awaitable[None]]:
    """The power goes at a random instant and comes back; of what was not safe nothing survives, or some of it."""

    async def strike(scene: Scene) -> None:
        programs = [getattr(scene.world, name) for machine in machines for name in MACHINES[machine]]
        for _ in range(times):
            await scene.instant()
            with scene.disturbed(f"power cut: {' + '.join(machines)}"):
                for program in programs:
                    program.kill()
                seed = scene.rng.choice((None, scene.rng.randrange(1 << 30)))
                _forgetful(scene).cut_power(machines, seed=seed)
                await scene.pause(0.0, 1.0)
                for program in scene.rng.sample(programs, len(programs)):
                    program.start()
            await scene.pause(0.5, 3.0)

    return strike


@contextmanager
def _refusing(scene: Scene, disk: str, operations: tuple[str, ...], number: int) -> Iterator[None]:
    for operation in operations:
        _forgetful(scene).fail(disk, operation, number)
    try:
        yield
    finally:
        _forgetful(scene).heal(disk)


def _home_disk(name: str, number: int, *operations: str) -> Callable[[Scene], Awaitable[None]]:
    """The gateway's disk refuses for a while; it tells, and goes on telling everything else."""

    async def strike(scene: Scene) -> None:
        await scene.instant()
        with scene.disturbed(name, "trouble:gateway/disk:"), _refusing(scene, "home", operations, number):
            scene.press()
            await scene.outlast(6.0, 12.0)

    return strike


async def _no_inodes(scene: Scene) -> None:
    """No new file can be made, while the gateway starts anew."""
    told = "trouble:gateway/disk:"
    with scene.disturbed("inodes exhausted", told), _refusing(scene, "home", ("create", "mkdir"), errno.ENOSPC):
        await scene.pause(0.5, 2.0)
        scene.world.gateway.kill()
        scene.world.gateway.start()
        await scene.outlast(4.0, 8.0)


async def _station_disk_full(scene: Scene) -> None:
    """The station takes nothing for longer than the home bears."""
    await scene.instant()
    told = "trouble:gateway/station:"
    with scene.disturbed("station's disk full", told), _refusing(scene, "station", ("write", "create"), errno.ENOSPC):
        await scene.outlast(SILENCE_S * 2 + LISTENING_S, SILENCE_S * 2 + 10)


_FUSE = frozenset({Need.FUSE})
FULL = _home_disk("home's disk full", errno.ENOSPC, "write", "create", "mkdir")
READ_ONLY = _home_disk("home's disk read-only", errno.EROFS, "change")
BROKEN = _home_disk("home's disk does not sync", errno.EIO, "fsync")

FAULTS = (
    Fault(name="power-home", zh="家里断电", strike=_power_cut("home"), weight=10, needs=_FUSE, numbered=True),
    Fault(name="power-station", zh="驿站断电", strike=_power_cut("station"), weight=6, needs=_FUSE),
    Fault(
        name="power-both", zh="两端同时断电", strike=_power_cut("home", "station"), weight=4, needs=_FUSE, numbered=True
    ),
    Fault(name="disk-full", zh="家里硬盘写满", strike=FULL, weight=3, needs=_FUSE),
    Fault(name="disk-read-only", zh="家里硬盘变只读", strike=READ_ONLY, weight=3, needs=_FUSE),
    Fault(name="disk-broken", zh="家里硬盘落盘失败", strike=BROKEN, weight=3, needs=_FUSE),
    Fault(name="no-inodes", zh="家里硬盘建不了新文件", strike=_no_inodes, weight=2, needs=_FUSE),
    Fault(name="station-disk-full", zh="驿站硬盘写满", strike=_station_disk_full, needs=_FUSE, patient=True),
)
