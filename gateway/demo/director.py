"""Stages the incidents one after another, and follows each until a person has taken it and the home knows.

Theory of operation
-------------------
Home time stands at one second a second while people deal with something, and runs fast otherwise. An incident is
matched with its own alert: of its kind and subject, not known before, and opened after its cause. Whatever else the
watch tells meanwhile is no part of the report, but is told, taken and closed like anything at a station.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Outcome
from gateway.demo.clock import pause, steady_s
from gateway.demo.duty import LOOK_S
from gateway.demo.papers import COLLEAGUE
from gateway.demo.scenes import FASTEST, WALKING, ZONE, Act
from gateway.demo.simulation import NotStaged
from gateway.demo.terminal import Words

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence
    from datetime import time

    from gateway.demo.duty import Duty
    from gateway.demo.home_box import HomeAlert, HomeBox
    from gateway.demo.report import Incident
    from gateway.demo.scenes import Scene
    from gateway.demo.simulation import Simulation, Staged
    from gateway.demo.station_desk import StationAlert
    from gateway.demo.tempo import Tempo
    from gateway.demo.terminal import Terminal

GIVE_UP_S = 30.0
"""Real seconds after which an incident counts as missed. Source: twice what the longest takes on a busy machine."""

AFTERWARDS = 60.0
"""The pace of home time once everything was shown: a day in 24 minutes."""


ARRIVING_S = 0.5
"""Until a press has certainly reached the station. Source: it takes a few hundredths."""

_OF_DEVICES = frozenset({AlertKind.SILENCE, AlertKind.BATTERY, AlertKind.TAMPER, AlertKind.SYSTEM})
"""Kinds of which a device is to be mended; with the others somebody sees to her."""

_PRESS = Act(do="press", device="pendant", words=Words("您替老人按下了呼救按钮。", "You press her button."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Everybody whom the director needs."""

    simulation: Simulation
    tempo: Tempo
    box: HomeBox
    duty: Duty
    terminal: Terminal


class Director:
    """Plays the demo.

    Args:
        company: see there.
    """

    def __init__(self, company: Company) -> None:
        self._simulation, self._tempo = company.simulation, company.tempo
        self._box, self._duty = company.box, company.duty
        self._terminal = company.terminal

    async def play(self, plan: Sequence[tuple[Scene, Incident]]) -> None:
        """Play every scene, and write down what becomes of it as it happens."""
        for number, (scene, incident) in enumerate(plan, start=1):
            if scene.begins is not None:
                await self._let_the_night_pass(scene.begins)
            self._terminal.title(Words(f"{number}/{len(plan)} {scene.title.zh}", scene.title.en))
            try:
                await self._play(scene, incident)
            except NotStaged as refused:
                self._terminal.after(Words(f"没有演成：{refused}", f"could not be staged: {refused}"))
            await self._mind(await self._duty.waiting())

    async def live_on(self, wish: asyncio.Event) -> None:
        """Let her live on, and see to whatever happens, until cancelled.

        Args:
            wish: set whenever the viewer wants her to press the button.
        """
        while True:
            self._simulation.run_at(AFTERWARDS)
            self._terminal.clock(self._simulation.time.now(), AFTERWARDS)
            if wish.is_set():
                wish.clear()
                await self._tempo.slow_down()
                await self._stage(_PRESS)
                await pause(ARRIVING_S)
            await self._mind(await self._duty.waiting())
            await pause(LOOK_S)

    async def _let_the_night_pass(self, until: time) -> None:
        now = self._simulation.time.now().astimezone(ZONE)
        morning = datetime.combine(now.date(), until, ZONE)
        goal = morning if morning > now else morning + timedelta(days=1)
        self._terminal.title(Words("这一夜过得很快", "the night passes quickly"))
        while self._simulation.time.now() < goal:
            self._tempo.toward(goal, FASTEST)
            await self._mind(await self._duty.waiting())
            await pause(LOOK_S)
        await self._tempo.slow_down()

    async def _play(self, scene: Scene, incident: Incident) -> None:
        known = {alert.key for alert in await self._box.alerts()}
        if scene.before is not None:
            self._terminal.at(self._simulation.time.now(), scene.before)
            self._simulation.run_at(WALKING)
        staged = await self._stage(scene.cause)
        incident.staged_at, incident.staged_at_home = staged.at, staged.at_home
        found = await self._noticed(scene, staged, known)
        await self._tempo.slow_down()
        if found is None:
            self._terminal.after(Words("没有等到告警", "no alert has come"))
            return
        await self._follow(scene, incident, *found)

    async def _stage(self, act: Act) -> Staged:
        staged = await self._simulation.stage(act.do, **({"device": act.device} if act.device else {}))
        self._terminal.at(staged.at_home, act.words)
        return staged

    async def _noticed(self, scene: Scene, staged: Staged, known: set[str]) -> tuple[HomeAlert, StationAlert] | None:
        """Wait until the station has the incident's own alert."""
        give_up_s = steady_s() + GIVE_UP_S
        while steady_s() < give_up_s:
            self._tempo.toward(staged.at_home + scene.due, scene.top, scene.least)
            waiting = await self._duty.waiting()
            likely = [alert for alert in waiting if alert.kind == scene.kind and alert.key not in known]
            for mine in await self._box.alerts() if likely else ():
                if mine.subject == scene.subject and mine.opened_at >= staged.at_home:
                    for alert in likely:
                        if alert.key == mine.key:
                            return mine, alert
            await self._mind(alert for alert in waiting if alert not in likely)
            await pause(LOOK_S)
        return None

    async def _follow(self, scene: Scene, incident: Incident, mine: HomeAlert, alert: StationAlert) -> None:
        incident.opened_at, incident.opened_at_home = self._simulation.time.real(mine.opened_at), mine.opened_at
        incident.stored_at = alert.stored_at
        self._tell(mine, incident)
        taken = await self._duty.take(alert)
        incident.acknowledged_at, incident.by = taken.taken_at, taken.taken_by
        self._terminal.after(Words(f"{taken.taken_by}已接警", f"{taken.taken_by} has taken the call"))
        incident.home_knew_at = await self._home_knows(taken)
        self._terminal.after(
            Words("家里的盒子知道了：有人接了", "the box at home knows: somebody is on it"),
            (incident.home_knew_at - taken.taken_at).total_seconds() if taken.taken_at else None,
        )
        await self._duty.breathe()
        await self._relieve(scene)
        await self._finish(alert, scene.there, scene.outcome)

    def _tell(self, mine: HomeAlert, incident: Incident) -> None:
        assert incident.opened_at is not None  # noqa: S101 - it was set just before
        assert incident.stored_at is not None  # noqa: S101 - the same
        self._terminal.at(
            mine.opened_at, Words("家里的盒子发现了，先记下，再告诉驿站：", "The box notices, notes it, tells:")
        )
        self._terminal.quote(Words(mine.zh, mine.en))
        took_s = (incident.stored_at - incident.opened_at).total_seconds()
        self._terminal.after(Words("驿站已收到并存好", "the station has it, stored"), took_s)

    async def _home_knows(self, taken: StationAlert) -> datetime:
        """Wait until the home says that the call was taken, and by whom; return when it learned that, really."""
        while True:
            for mine in await self._box.alerts():
                if mine.key == taken.key and mine.acknowledged_at is not None and mine.by == taken.taken_by:
                    return self._simulation.time.real(mine.acknowledged_at)
            await pause(LOOK_S)

    async def _relieve(self, scene: Scene) -> None:
        if scene.relief is not None:
            self._simulation.run_at(WALKING)
            await self._stage(scene.relief)
            self._simulation.run_at(1.0)
            await self._duty.breathe()

    async def _finish(self, alert: StationAlert, words: Words, outcome: Outcome) -> None:
        await self._duty.attend(alert)
        self._terminal.at(self._simulation.time.now(), Words(f"{COLLEAGUE}：{words.zh}", f"{COLLEAGUE}: {words.en}"))
        await self._duty.breathe()
        await self._duty.close(alert, outcome)
        self._terminal.after(Words("办结", "closed"))

    async def _mind(self, waiting: Iterable[StationAlert]) -> None:
        """See to alerts that were not staged: told, taken and closed, and no part of the report."""
        for alert in waiting:
            await self._tempo.slow_down()
            self._terminal.at(self._simulation.time.now(), Words(alert.zh, alert.en))
            taken = await self._duty.take(alert)
            self._terminal.after(Words(f"{taken.taken_by}已接警", f"{taken.taken_by} has taken the call"))
            outcome = Outcome.FIXED if alert.kind in _OF_DEVICES else Outcome.FALSE_ALARM
            await self._finish(alert, Words("已看过，没有事。", "Looked after: nothing is wrong."), outcome)
