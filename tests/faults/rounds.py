"""One round: a seed decides the fault and the presses; afterwards everybody is asked what they remember."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import aiohttp

from tests.faults import records
from tests.faults.checker import Finding, Kind, Records, Staged, check
from tests.faults.records import Past
from tests.faults.scene import Scene
from tests.faults.world import POLL_S, NeverHappened, until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.faults.fault import Fault
    from tests.faults.sensors import Press
    from tests.faults.world import World

SETTLE_S = 200.0
"""How long after the world is whole again the people may take to have taken everything: a link that was refused for
long tries again after 30 s at most, an alert is told again after 60 s; who has taken up the telephone and lost the call
is spoken to for two minutes, and called again 20 s later."""

PRESSES = (2, 8)

BY_TELEPHONE = 0.25
"""The part of the other rounds in which nobody at the station takes a call for help: the telephone must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a round came to.

    Args:
        seed: repeats it alone.
        fault: its name.
        blows: how often the world was struck.
        staged: presses that the home's broker confirmed.
        findings: what is wrong; empty when the world survived.
        lasted_s: from the first press to the verdict.
        telephoned: how often an alert was taken by telephone.
    """

    seed: int
    fault: str
    blows: int
    staged: int
    findings: tuple[Finding, ...]
    lasted_s: float
    telephoned: int


def draw(seed: int, faults: Iterable[Fault]) -> tuple[Fault, Random]:
    """Gives the fault of a round, and the chance that decides the rest of it."""
    rng = Random(seed)  # noqa: S311 - the same every time is the point
    every = list(faults)
    return rng.choices(every, [fault.weight for fault in every])[0], rng


async def play(world: World, fault: Fault, rng: Random, seed: int) -> Outcome:
    """Breaks the world once while the elder presses, mends it, lets the people work, and judges.

    Returns:
        The outcome. The world is as before only when there are no findings.
    """
    began = time.monotonic()
    past = _remembered(world)
    scene = Scene(world, rng, past)
    world.duty.leaves_calls = fault.by_telephone or rng.random() < BY_TELEPHONE
    found = []
    try:
        if fault.patient:
            await world.on_speaking_terms()
        await _strike_and_press(scene, fault)
        await world.mend()
        scene.press("pendant")
        await _settle(scene)
    except NeverHappened as never:
        found.append(Finding(kind=Kind.LOST, sentence=str(never)))
    world.look_for_bugs()
    presses = world.sensors.presses[scene.first :]
    found = check(_records(world, presses, scene, past, fault)) or found or await _close(world)
    return Outcome(
        seed=seed,
        fault=fault.name,
        blows=scene.blows,
        staged=len(presses),
        findings=tuple(found),
        lasted_s=time.monotonic() - began,
        telephoned=records.telephoned(world.home_store, past),
    )


async def _strike_and_press(scene: Scene, fault: Fault) -> None:
    devices = ("pendant",) if fault.numbered else ("pendant", "button")
    times, span_s = scene.rng.randint(*PRESSES), 8.0 if fault.patient else 1.0
    plan = [(scene.rng.uniform(0.0, span_s), scene.rng.choice(devices)) for _ in range(times)]

    async def press() -> None:
        for pause_s, device in plan:
            await asyncio.sleep(pause_s)
            await scene.allowed.wait()
            scene.press(device)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(press())
        tasks.create_task(_struck(scene, fault))


async def _struck(scene: Scene, fault: Fault) -> None:
    await fault.strike(scene)


async def _settle(scene: Scene) -> None:
    """Waits until every press is taken and every telling has ended."""
    store = scene.world.home_store
    await until(scene.all_acted, "a press acted on no alert", SETTLE_S)
    await until(
        lambda: not records.untaken(store) and not records.under_way(store),
        "an alert was not taken, or a telling did not end",
        SETTLE_S,
    )


async def _close(world: World) -> list[Finding]:
    """Has everything closed, what comes late included, so that the next round begins in a world at rest."""
    try:
        async with asyncio.timeout(SETTLE_S):
            while True:
                with suppress(NeverHappened, aiohttp.ClientError, OSError):  # a station that still starts: again
                    await world.duty.close_all()
                    await world.calm()
                    return []
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return [Finding(kind=Kind.LOST, sentence=f"the world did not come to rest within {SETTLE_S:.0f} s")]


def _remembered(world: World) -> Past:
    """What earlier rounds left."""
    home = {step.alert for step in records.steps(world.home_store)}
    told = {arrival.alert for arrival in records.arrivals(world.told)}  # the home may have forgotten them since
    acted = records.acted(world.home_store)  # also on alerts that nobody remembers
    alerts = home | told | {alert for _, alert in acted} | set(records.station_alerts(world.station_store))
    return Past(frozenset(alerts), frozenset(name for name, _ in acted))


def _records(world: World, presses: list[Press], scene: Scene, past: Past, fault: Fault) -> Records:
    """What was done in this round, and what is remembered of it."""
    return Records(
        staged=tuple(Staged(device=p.device, sequence=p.sequence, at=p.at) for p in presses if p.confirmed_at),
        disturbances=tuple(scene.disturbances),
        memory=records.memory((world.home_store, world.twin_store), past),
        earlier=tuple(scene.earlier),
        station={key: at for key, at in records.station_alerts(world.station_store).items() if key not in past.alerts},
        repeats=fault.numbered,
        taken=records.station_taken(world.station_store),
        heard=tuple(world.heard()),
        arrivals=tuple(a for a in records.arrivals(world.told) if a.alert not in past.alerts),
        calls=sum(at >= scene.began for at in world.calls()),
    )
