"""How fast home time runs: in gears, and never from a high one to a low one at once.

The gateway looks at the simulated clock every 20 ms, so after a change it may be ahead by 20 ms of the old pace; its
time then stands still until the true one has caught up. From one gear to the next that takes 0.1 s at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.demo.clock import pause

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.demo.simulation import Simulation
    from gateway.demo.terminal import Terminal

GEARS = (1.0, 5.0, 25.0, 120.0, 400.0, 1200.0)

SETTLE_S = 0.15
"""Real seconds in each gear on the way down. Source: 20 ms times the largest step between two gears, 5, and a half."""

BRAKING_S = 0.3
"""A gear is left this many real seconds before its goal. Source: the same, with room for a slow machine."""


class Tempo:
    """Sets the simulation's pace.

    Args:
        simulation: whose.
        terminal: shows the time running.
    """

    def __init__(self, simulation: Simulation, terminal: Terminal) -> None:
        self._simulation, self._terminal = simulation, terminal

    def toward(self, goal: datetime, top: float, least: float = 1.0) -> None:
        """Choose the gear for this moment; to be called again and again.

        Args:
            goal: home time before which it slows down.
            top: the fastest.
            least: the pace near the goal and after it.
        """
        left_s = (goal - self._simulation.time.now()).total_seconds()
        fitting = [gear for gear in GEARS if gear <= top and gear * BRAKING_S <= left_s]
        self._simulation.run_at(max(least, *fitting, GEARS[0]))
        if self._simulation.time.rate > GEARS[2]:
            self._terminal.clock(self._simulation.time.now(), self._simulation.time.rate)

    async def slow_down(self) -> None:
        """Go down to real time."""
        for gear in reversed(GEARS):
            if gear < self._simulation.time.rate:
                self._simulation.run_at(gear)
                await pause(SETTLE_S)
