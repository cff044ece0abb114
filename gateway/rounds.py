"""What comes round by itself: time for the watch each second, a look at the store, the sign of life, a day's clearing.

Theory of operation
-------------------
Time alone may raise nothing before what the broker kept for us is heard: it is news of her. A jump of the clock, and a
start with a clock that cannot be right, are each told, also while the trouble before is not over.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gateway import heartbeat, household
from gateway.upkeep import LOOK_S, Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alerts.dispatch import Dispatcher
    from config.settings import Settings
    from gateway.clock import Clock
    from gateway.homevoice.announcer import Announcer
    from gateway.metrics import Metrics
    from gateway.path_tester import PathTester
    from gateway.store import Store
    from gateway.trials import Trials
    from gateway.uplink import Uplink
    from gateway.watch import Watch

log = logging.getLogger("shouwang")

TICK_S = 1.0
"""How late a due alarm may be noticed. Source: our choice: small beside every limit, nothing for the processor."""

HOME_TICK_S = 0.05
"""The same in a simulated home, whose time runs faster."""

HEAR_OUT_S, HEAR_OUT_LONGEST_S = 2.0, 30.0
"""After the start, how long the broker's backlog is heard before time alone may raise an alarm; the longer where there
is no broker. Source: our choice: a backlog of thousands is heard within a second."""

PRUNE_EVERY = timedelta(days=1)

CLOCK = "gateway/clock"


@dataclass(slots=True, kw_only=True)
class Rounds:
    """What comes round in one running gateway; each of `tick`, `keep_up` and `beat` runs until cancelled.

    Args:
        settings: of the home.
        env: where the service manager says how it wants to be notified.
        store, clock, metrics, watch, dispatcher, trials, path_tester: what is looked after.
        uplink, announcer: the same; None where the home has none.
        broker_up: whether the home's broker is connected.
    """

    settings: Settings
    env: Mapping[str, str]
    store: Store
    clock: Clock
    metrics: Metrics
    watch: Watch
    dispatcher: Dispatcher
    trials: Trials
    path_tester: PathTester
    uplink: Uplink | None
    announcer: Announcer | None
    broker_up: Callable[[], bool]
    _began: float = field(default_factory=lambda: asyncio.get_running_loop().time(), init=False)
    _ticked: float = field(default=0.0, init=False)
    _heard_out: bool = field(default=False, init=False)
    _clock_seen: bool = field(default=False, init=False)

    def pulse(self) -> heartbeat.Pulse:
        """Give the evidence that the watch is awake."""
        return heartbeat.Pulse(
            broker_up=self.broker_up(),
            ticked_s=asyncio.get_running_loop().time() - self._ticked,
            disk_trouble=self.store.trouble,
        )

    async def tick(self) -> None:
        """Let time pass for everybody."""
        loop = asyncio.get_running_loop()
        pause_s = HOME_TICK_S if self.settings.clock.file else TICK_S
        pruned = self.clock.now()
        while True:
            self._ticked = loop.time()
            now = self.clock.now()
            self.check_clock(now)
            if self._has_heard_the_broker_out():
                self.watch.tick(now)
                self.trials.tick()
            self.dispatcher.wake()
            if self.uplink is not None:
                self.uplink.tick(awake=not self.pulse().missing())
            self.path_tester.tick()
            if self.announcer is not None:
                self.announcer.look()
            self.metrics.show_silences(self.settings.devices, self.watch.rules.home, self.watch.belief.state, now)
            if now - pruned > PRUNE_EVERY:
                pruned = now
                self.watch.journal.prune(now - household.keep_for(self.settings), self.settings.limits.refusals_kept)
            await asyncio.sleep(pause_s)

    def check_clock(self, now: datetime) -> None:
        """Tell whether the system's clock can be right."""
        jump_s = self.clock.check()
        if jump_s is not None:
            self.metrics.clock_jumps.inc()
            log.warning("the system's clock jumped by %.1f s; the watch goes on counting by itself", jump_s)
        if jump_s is not None or not self._clock_seen:
            self.watch.report(CLOCK, trouble=False, at=now)  # the trouble before, if it is not over: this is another
            self._clock_seen = True
        self.metrics.clock_trusted.set(self.clock.trusted)
        self.watch.report(CLOCK, trouble=not self.clock.trusted or self.clock.astray, at=now)

    def _has_heard_the_broker_out(self) -> bool:
        if not self._heard_out:
            awake_s = asyncio.get_running_loop().time() - self._began
            self._heard_out = awake_s > (HEAR_OUT_S if self.broker_up() else HEAR_OUT_LONGEST_S)
        return self._heard_out

    async def keep_up(self) -> None:
        """Look after the store."""
        upkeep, loop = Upkeep(self.store, self.watch), asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            await upkeep.look(loop.time() - self._began, self.clock.now())

    async def beat(self) -> None:
        """Tell the service manager that the watch is awake, for as long as it is."""
        heartbeat.notify("READY=1", self.env)
        while True:
            awake = not self.pulse().missing()
            if awake:
                heartbeat.notify("WATCHDOG=1", self.env)
            await asyncio.sleep(self.settings.limits.heartbeat_s if awake else TICK_S)
