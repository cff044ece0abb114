"""Faults of the network between home, station and hotline, and of who may speak on it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.faults import papers
from tests.faults.fault import Fault, Need
from tests.faults.papers import SILENCE_S
from tests.faults.processes import LISTENING_S, NOTICED_S
from tests.faults.wire import CUT, Line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.faults.scene import Scene
    from tests.faults.wire import Wire

TO_STATION = (("home", "station"), ("station", "home"))
TO_HOTLINE = (("home", "hotline"), ("hotline", "home"))
EVERYWHERE = (*TO_STATION, *TO_HOTLINE)
ANSWERS = (("station", "home"), ("hotline", "home"))

LOST = ("gateway_silent:", "trouble:gateway/station:")
"""What must be told when the home and the station cannot speak to each other: here by the one, there by the other."""


def _wire(scene: Scene) -> Wire:
    wire = scene.world.hosts.wire
    assert wire is not None, "a fault of the network was drawn without a network"
    return wire


@contextmanager
def _laid(scene: Scene, line: Line, *pairs: tuple[str, str]) -> Iterator[None]:
    _wire(scene).lay(line, *pairs)
    try:
        yield
    finally:
        _wire(scene).repair()


async def _poor(scene: Scene) -> None:
    """A bad mobile line: up to 30 % lost, some twice, all late and out of order."""
    line = Line(
        loss=scene.rng.uniform(0.0, 0.3),
        twice=scene.rng.choice((0.0, 0.05)),
        delay_s=scene.rng.choice((0.0, 0.02, 0.2)),
        jitter_s=scene.rng.choice((0.0, 0.05, 0.3)),
    )
    with scene.disturbed(f"a poor line: {line}"), _laid(scene, line, *EVERYWHERE):
        await scene.pause(4.0, 10.0)


async def _slow(scene: Scene) -> None:
    """A satellite or a congested cell: everything arrives, late and out of order."""
    line = Line(delay_s=scene.rng.uniform(0.1, 0.8), jitter_s=scene.rng.uniform(0.0, 0.8))
    with scene.disturbed(f"a slow line: {line}"), _laid(scene, line, *EVERYWHERE):
        await scene.pause(5.0, 10.0)


def _cut(*pairs: tuple[str, str], name: str) -> Callable[[Scene], Awaitable[None]]:
    async def strike(scene: Scene) -> None:
        for _ in range(2):
            await scene.instant()
            with scene.disturbed(name), _laid(scene, CUT, *pairs):
                await scene.pause(0.5, 6.0)
            await scene.pause(0.0, 2.0)

    return strike


async def _cut_for_long(scene: Scene) -> None:
    await scene.instant()
    with scene.disturbed("the station cut off for long", *LOST), _laid(scene, CUT, *TO_STATION):
        await scene.outlast(SILENCE_S + LISTENING_S, SILENCE_S + 25)


async def _home_cut_off(scene: Scene) -> None:
    await scene.instant()
    with scene.disturbed("the home cut off for long", *LOST), _laid(scene, CUT, *EVERYWHERE):
        await scene.outlast(SILENCE_S + LISTENING_S, SILENCE_S + 25)


async def _half_open(scene: Scene) -> None:
    """The network forgets every connection; both ends believe in theirs until somebody notices the silence."""
    await scene.instant()
    with scene.disturbed("connections half-open"):
        _wire(scene).forget_flows("home", "station")
        _wire(scene).forget_flows("home", "hotline")
        await asyncio.sleep(NOTICED_S + LISTENING_S)


async def _names_gone(scene: Scene) -> None:
    """No name server, and the connection breaks meanwhile: an address that once answered goes on being dialled.

    Only a box that starts meanwhile knows none.
    """
    world, names = scene.world, scene.world.hosts.names
    assert names is not None
    kept, starts = names.read_text("utf-8"), scene.rng.random() < 0.5
    with scene.disturbed("names gone", *(LOST if starts else ())):
        names.write_text("127.0.0.1 localhost\n", "utf-8")
        for program in (world.station_broker, world.gateway) if starts else (world.station_broker,):
            program.kill()
            program.start()
        await scene.outlast(*((SILENCE_S + LISTENING_S, SILENCE_S + 15) if starts else (4.0, 8.0)))
        names.write_text(kept, "utf-8")


async def _wrong_certificate(scene: Scene) -> None:
    """The station's broker shows a certificate of an authority that the home does not trust."""
    with scene.disturbed("wrong certificate", *LOST):
        await _restarted(scene, lambda: papers.present(scene.world.folder, scene.world.keys.wrong))
        await scene.outlast(SILENCE_S + LISTENING_S, SILENCE_S + 10)
        await _restarted(scene, lambda: papers.present(scene.world.folder, scene.world.keys.right))


async def _wrong_password(scene: Scene) -> None:
    """The station's broker does not know the home's password any more."""
    with scene.disturbed("wrong password", *LOST):
        await _restarted(scene, lambda: papers.admit(scene.world.folder, "another"))
        await scene.outlast(SILENCE_S + LISTENING_S, SILENCE_S + 10)
        await _restarted(scene, lambda: papers.admit(scene.world.folder, papers.HOME_PASSWORD))


async def _restarted(scene: Scene, change: Callable[[], None]) -> None:
    broker = scene.world.station_broker
    broker.stop()
    change()
    broker.start()


_NET = frozenset({Need.NAMESPACES})
FAULTS = (
    Fault(name="poor-line", zh="线路差：丢包、延迟、乱序", strike=_poor, weight=8, needs=_NET),
    Fault(name="slow-line", zh="线路慢：延迟、乱序", strike=_slow, weight=4, needs=_NET),
    Fault(
        name="cut-station", zh="到驿站的线路断几秒", strike=_cut(*TO_STATION, name="station cut"), weight=4, needs=_NET
    ),
    Fault(
        name="cut-hotline", zh="到热线的线路断几秒", strike=_cut(*TO_HOTLINE, name="hotline cut"), weight=3, needs=_NET
    ),
    Fault(name="cut-all", zh="家里断网几秒", strike=_cut(*EVERYWHERE, name="home cut off"), weight=4, needs=_NET),
    Fault(name="deaf", zh="只出不进：回答全丢", strike=_cut(*ANSWERS, name="answers lost"), weight=5, needs=_NET),
    Fault(name="cut-long", zh="到驿站断很久", strike=_cut_for_long, weight=2, needs=_NET, patient=True),
    Fault(name="home-cut-off", zh="家里断网很久", strike=_home_cut_off, weight=2, needs=_NET, patient=True),
    Fault(name="half-open", zh="连接半开", strike=_half_open, weight=2, needs=_NET, patient=True),
    Fault(name="names-gone", zh="域名解析失灵", strike=_names_gone, needs=_NET, patient=True),
    Fault(name="wrong-certificate", zh="驿站证书不对", strike=_wrong_certificate, patient=True),
    Fault(name="wrong-password", zh="驿站密码不对", strike=_wrong_password, patient=True),
)
