"""Faults of programs: killed at random instants, alone and together, and held still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.fault import Fault
from tests.faults.papers import SILENCE_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.faults.scene import Scene

LISTENING_S = 3.0
"""How late the station may notice: it looks every second."""

NOTICED_S = 40.0
"""How late a link notices that its far end says nothing: 4/3 of its keepalive of 30 s."""


def _kill(*names: str, times: int = 3) -> Callable[[Scene], Awaitable[None]]:
    """Kills programs together at a random instant and starts them again, several times."""

    async def strike(scene: Scene) -> None:
        programs = [getattr(scene.world, name) for name in names]
        for _ in range(times):
            await scene.instant()
            with scene.disturbed(f"kill -9 {' + '.join(names)}"):
                for program in programs:
                    program.kill()
                await scene.pause(0.0, 0.5)
                for program in scene.rng.sample(programs, len(programs)):
                    program.start()
                    await scene.pause(0.0, 0.3)
            await scene.pause(0.0, 2.0)

    return strike


def _in_a_call(*names: str) -> Callable[[Scene], Awaitable[None]]:
    """Kills programs in the middle of a call; without names, the gateway's own telephone."""

    async def strike(scene: Scene) -> None:
        for _ in range(2):
            await scene.in_a_call()
            with scene.disturbed(f"in a call: kill -9 {' + '.join(names) or 'baresip'}"):
                for program in (getattr(scene.world, name) for name in names):
                    program.kill()
                    await scene.pause(0.0, 0.5)
                    program.start()
                if not names:
                    scene.world.gateway.kill_children("baresip")
            await scene.pause(0.0, 2.0)

    return strike


async def _gateway_gone(scene: Scene) -> None:
    """The gateway is dead for longer than the station bears."""
    await scene.instant()
    with scene.disturbed("gateway dead", "gateway_silent:"):
        scene.world.gateway.kill()
        await scene.outlast(SILENCE_S + LISTENING_S, SILENCE_S + 10)
        scene.world.gateway.start()


async def _gateway_stalled(scene: Scene) -> None:
    """The gateway's event loop stands still for longer than the station bears."""
    await scene.instant()
    with scene.disturbed("gateway stalled", "gateway_silent:"):
        scene.world.gateway.freeze()
        await scene.outlast(SILENCE_S + LISTENING_S, SILENCE_S + 10)
        scene.world.gateway.thaw()


async def _stalls(scene: Scene) -> None:
    """One program after the other stands still for a moment."""
    for _ in range(3):
        name = scene.rng.choice(("gateway", "station", "home_broker", "station_broker", "hotline"))
        program = getattr(scene.world, name)
        await scene.instant()
        with scene.disturbed(f"{name} stalled for a moment"):
            program.freeze()
            await scene.pause(0.2, 4.0)
            program.thaw()


async def _home_broker_gone(scene: Scene) -> None:
    await scene.instant()
    with scene.disturbed("home's broker dead", "trouble:gateway/broker:"):
        scene.world.home_broker.kill()
        await scene.outlast(SILENCE_S + LISTENING_S, SILENCE_S + 10)
        scene.world.home_broker.start()


async def _home_broker_deaf(scene: Scene) -> None:
    """Half-open at home: the broker's sockets are there, nobody is behind them."""
    await scene.instant()
    with scene.disturbed("home's broker frozen", "trouble:gateway/broker:"):
        scene.world.home_broker.freeze()
        await scene.outlast(NOTICED_S + SILENCE_S + LISTENING_S, NOTICED_S + SILENCE_S + 8)
        scene.world.home_broker.thaw()


FAULTS = (
    Fault(name="kill-gateway", zh="网关进程被杀", strike=_kill("gateway"), weight=12),
    Fault(name="kill-home-broker", zh="家里的代理被杀", strike=_kill("home_broker"), weight=6, numbered=True),
    Fault(name="kill-station-broker", zh="驿站的代理被杀", strike=_kill("station_broker"), weight=6),
    Fault(name="kill-station", zh="驿站进程被杀", strike=_kill("station"), weight=6),
    Fault(name="kill-hotline", zh="热线接收端被杀", strike=_kill("hotline"), weight=3),
    Fault(
        name="kill-home",
        zh="家里断电：网关和代理同时被杀",
        strike=_kill("gateway", "home_broker"),
        weight=6,
        numbered=True,
    ),
    Fault(
        name="kill-station-all", zh="驿站断电：进程和代理同时被杀", strike=_kill("station", "station_broker"), weight=4
    ),
    Fault(
        name="kill-both-ends",
        zh="两端同时被杀",
        strike=_kill("gateway", "home_broker", "station", "station_broker", "hotline", times=2),
        weight=5,
        numbered=True,
    ),
    Fault(name="call-gateway", zh="通话中网关进程被杀", strike=_in_a_call("gateway"), weight=4, by_telephone=True),
    Fault(name="call-telephone", zh="通话中电话程序被杀", strike=_in_a_call(), weight=2, by_telephone=True),
    Fault(name="call-operator", zh="通话中接线端被杀", strike=_in_a_call("operator"), weight=2, by_telephone=True),
    Fault(name="stalls", zh="进程短暂停顿", strike=_stalls, weight=5, numbered=True),
    Fault(name="gateway-gone", zh="网关停了很久", strike=_gateway_gone, weight=2, patient=True),
    Fault(name="gateway-stalled", zh="网关事件循环卡住", strike=_gateway_stalled, weight=2, patient=True),
    Fault(
        name="home-broker-gone",
        zh="家里的代理停了很久",
        strike=_home_broker_gone,
        weight=2,
        patient=True,
        numbered=True,
    ),
    Fault(
        name="home-broker-deaf", zh="家里的代理半开", strike=_home_broker_deaf, weight=1, patient=True, numbered=True
    ),
)
