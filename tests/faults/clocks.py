"""Faults of the home's clock: libfaketime lets the gateway's wall clock say anything, while time itself goes on.

The monotonic clock is not faked: a real jump of the wall clock does not move it either.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.fault import Fault, Need

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.faults.scene import Scene

RIGHT = "+0"
"""libfaketime's word for the true time."""

TOLD = "trouble:gateway/clock:"
REREAD_S = 1
"""How old the fake time may be, in seconds."""


def library() -> Path | None:
    """Libfaketime for programs with threads, where it is installed."""
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def why_not() -> str:
    """Says why no clock can be faked; "" when it can."""
    return "" if library() else "没有 libfaketime / it is not installed: apt-get install faketime"


def environment(file: Path) -> dict[str, str]:
    """What lets a program live by the time that is written in `file`; nothing where it cannot."""
    found = library()
    if found is None:
        return {}
    file.write_text(f"{RIGHT}\n", "ascii")
    return {
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": str(REREAD_S),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "TZ": "UTC",
    }


def _set(scene: Scene, time: str) -> None:
    scene.world.clock.write_text(f"{time}\n", "ascii")


async def _no_time_at_boot(scene: Scene) -> None:
    """A box without a battery clock wakes in 1970, and finds a time server after a while."""
    with scene.disturbed("no time at boot", TOLD, hurries=True):
        scene.world.gateway.kill()
        _set(scene, "@1970-01-01 00:00:10")
        scene.world.gateway.start()
        await scene.outlast(5.0, 15.0)
        _set(scene, RIGHT)
        await scene.pause(REREAD_S + 1, REREAD_S + 3)


def _jump(name: str, by: str) -> Callable[[Scene], Awaitable[None]]:
    """The wall clock is set wrong while the box runs, and right again; the box may start anew in between."""

    async def strike(scene: Scene) -> None:
        await scene.instant()
        with scene.disturbed(name, TOLD, hurries=by.startswith("-")):
            _set(scene, by)
            await scene.pause(REREAD_S + 2, REREAD_S + 5)
            if scene.rng.random() < 0.5:
                scene.world.gateway.kill()
                scene.world.gateway.start()
            await scene.outlast(2.0, 5.0)
            _set(scene, RIGHT)
            await scene.pause(REREAD_S + 1, REREAD_S + 3)

    return strike


async def _fast(scene: Scene) -> None:
    """A clock that gains 2 %, forty times 500 ppm: it is followed without a word."""
    with scene.disturbed("a fast clock"):
        _set(scene, "+0 x1.02")
        await scene.pause(5.0, 12.0)
        _set(scene, RIGHT)
        await scene.pause(REREAD_S + 1, REREAD_S + 2)


_FAKE = frozenset({Need.FAKETIME})
FAULTS = (
    Fault(name="no-time", zh="开机没有时间（1970）", strike=_no_time_at_boot, weight=3, needs=_FAKE),
    Fault(name="clock-back-8h", zh="时钟倒退 8 小时", strike=_jump("clock -8 h", "-8h"), weight=3, needs=_FAKE),
    Fault(name="clock-ahead-1d", zh="时钟快进 1 天", strike=_jump("clock +1 day", "+1d"), weight=3, needs=_FAKE),
    Fault(name="clock-back-1h", zh="时钟倒退 1 小时", strike=_jump("clock -1 h", "-1h"), weight=2, needs=_FAKE),
    Fault(name="clock-ahead-1h", zh="时钟快进 1 小时", strike=_jump("clock +1 h", "+1h"), weight=2, needs=_FAKE),
    Fault(name="clock-fast", zh="时钟走得快", strike=_fast, weight=1, needs=_FAKE),
)
