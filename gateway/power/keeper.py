"""Keeps an eye on the power, and has what it sees judged and told like what any sensor says.

Theory of operation
-------------------
Every `POLL_S` the reader looks. What that means is worked out anew from the belief (`telling`), so a restart needs no
memory of its own: which parts are in trouble, and how far the battery's figures are from the ones last told. Charge and
time are told only on battery, and only when they moved: each is a row on the flash.

When the reserve is reached at `SURE` looks in a row, that is told at once, and `BatteryEnding` ends the watch: the
station's word that it knows is waited for by `gateway.power.farewell`. An answer that fails says nothing about the
battery: a box that cannot ask keeps watch to the last.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import Kind, Reading
from gateway.detection.parts import MAINS, UPS
from gateway.power.supply import Silence, Supply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from gateway.detection.state import State
    from gateway.power.supply import Reader, Reserve
    from gateway.watch import Watch

log = logging.getLogger("shouwang")

POLL_S = 2.0
"""Source: NUT's drivers ask their UPS every 2 s (pollinterval); asking upsd more often shows nothing new."""

SURE = 2
"""Looks in a row that must agree before the box ends itself. Source: our choice: gauges give a false 0 now and then."""

CHARGE_STEP, RUNTIME_STEP_S = 5.0, 300.0
"""How far the figures must move to be written again. Source: our choice: at most forty rows for a whole battery."""


class BatteryEnding(Exception):
    """The battery is nearly empty and people were told: the watch ends itself."""


class Telling(NamedTuple):
    """What one look means.

    Args:
        facts: readings of the battery; before the parts, so that a loss is told with them.
        parts: every part of the power → whether it is in trouble.
    """

    facts: tuple[Reading, ...]
    parts: dict[str, bool]


def telling(state: State, seen: Supply | Silence, at: datetime) -> Telling:
    """Say what a look at the power means.

    Args:
        state: what is believed.
        seen: the supply, or why it was not seen.
        at: now (aware UTC).
    """
    silent = {f"gateway/{silence}": silence is seen for silence in Silence}
    if isinstance(seen, Silence):
        return Telling((), silent)
    facts = () if seen.mains else _facts(state, seen, at)
    if seen.mains and state.mains.ending:
        facts = (Reading(device_id=UPS, kind=Kind.BATTERY_LOW, value=False, at=at),)
    return Telling(facts, {**silent, "gateway/ups-battery": seen.worn, MAINS: not seen.mains})


def _facts(state: State, seen: Supply, at: datetime) -> tuple[Reading, ...]:
    known, fresh = state.mains, MAINS not in state.trouble.down
    figures = (
        (Kind.BATTERY, seen.percent, known.percent, CHARGE_STEP),
        (Kind.RUNTIME, seen.runtime_s, known.runtime_s, RUNTIME_STEP_S),
    )
    return tuple(
        Reading(device_id=UPS, kind=kind, value=value, at=at)
        for kind, value, told, step in figures
        if value is not None and (fresh or told is None or abs(value - told) >= step) and value != told
    )


class Keeper:
    """Looks, has it judged, and ends the watch before the battery ends.

    Args:
        reader: of the power.
        reserve: when it is time to end.
        watch: judges and remembers.
        now: the time (aware UTC).
        farewell: tells people that the watch ends, and returns when they know or it is no use waiting.
    """

    def __init__(
        self,
        reader: Reader,
        reserve: Reserve,
        *,
        watch: Watch,
        now: Callable[[], datetime],
        farewell: Callable[[], Awaitable[None]],
    ) -> None:
        self._reader, self._reserve = reader, reserve
        self._watch, self._now, self._farewell = watch, now, farewell
        self._seen: Supply | Silence | None = None
        self._reached = 0

    async def run(self) -> None:
        """Look until cancelled.

        Raises:
            BatteryEnding: when the battery is nearly empty and that was told.
        """
        try:
            while True:
                await self._look()
                await asyncio.sleep(POLL_S)  # noqa: TID251 - a pause between looks, no clock
        finally:
            await self._reader.close()

    async def _look(self) -> None:
        seen = await self._reader.read()
        at = self._now()
        self._note(seen)
        facts, parts = telling(self._watch.belief.state, seen, at)
        for reading in facts:
            self._watch.see(reading)
        for part, trouble in parts.items():
            self._watch.report(part, trouble=trouble, at=at)
        await self._end_if_empty(seen, at)

    def _note(self, seen: Supply | Silence) -> None:
        before, self._seen = self._seen, seen
        if isinstance(seen, Silence):
            if seen is not before:
                log.warning("power: nothing is known of the battery supply: %s", seen)
        elif not isinstance(before, Supply) or before.mains is not seen.mains:
            log.info("power: on %s, charge %s %%, %s s left", _fed(seen), seen.percent, seen.runtime_s)

    async def _end_if_empty(self, seen: Supply | Silence, at: datetime) -> None:
        reached = isinstance(seen, Supply) and self._reserve.is_reached(seen)
        self._reached = self._reached + 1 if reached else 0
        if self._reached < SURE:
            return
        self._watch.see(Reading(device_id=UPS, kind=Kind.BATTERY_LOW, value=True, at=at))
        await self._farewell()
        log.warning("power: the battery is nearly empty; the watch ends itself")
        raise BatteryEnding


def _fed(seen: Supply) -> str:
    return "mains" if seen.mains else "battery"
