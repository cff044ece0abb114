"""Her life as it is lived: the planned day, and the incidents that somebody stages in between.

`Life` is mutable, as a life is, but knows no clock and no chance beyond its seed: the same seed and the same
incidents at the same home times give the same acts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firmware_sim.dice import dice
from firmware_sim.refused import Refused
from firmware_sim.resident import IN_BED, Doing, Place, Stay, stay_at
from firmware_sim.walking import Act, Deed, settle, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from random import Random
    from zoneinfo import ZoneInfo

_RISE_S = 6.0
_GET_UP_FROM_FLOOR_S = 20.0


class Life:
    """Where she is, how she is, and what she does next.

    Args:
        seed: whose life.
        start: the home time at which we begin to look (aware UTC); she is already where her plan has her.
        timezone: of the home.
        activity: 1 for her usual self; scales how often she stirs.
    """

    def __init__(self, seed: int, start: datetime, timezone: ZoneInfo, *, activity: float = 1.0) -> None:
        self._seed, self._timezone, self._activity = seed, timezone, activity
        self.door_open = False
        self.down = False
        self._plan_waits = False
        self._stay = stay_at(seed, start, timezone)
        self.place = self._stay.place
        self.in_bed = self._stay.doing in IN_BED
        self._last_at = start
        doing = settle(start, self._stay, self._rolls(start), activity)
        self._acts = deque(act for act in doing if act.deed is not Deed.LIE_DOWN)

    def due(self) -> datetime | None:
        """Return when she does something next (aware UTC); None while she lies where she fell or keeps away."""
        if self._acts:
            return self._acts[0].at
        return None if self._plan_waits else max(self._stay.end, self._last_at)

    def act(self, at: datetime) -> Act | None:
        """Return the next deed due by `at`, done; None when nothing more is due.

        Args:
            at: home time (aware UTC).
        """
        while (due := self.due()) is not None and due <= at:
            if self._acts:
                return self._do(self._acts.popleft())
            self._stay = stay_at(self._seed, self._stay.end, self._timezone)
            self._acts.extend(self._take_up(due, self.place, self._rolls(due)))
        return None

    def fall(self, at: datetime) -> None:
        """Have her walk to the living room and fall there; she stays down until `recover`."""
        self._leave_plan(at, Place.LIVING, Deed.FALL, "fall")

    def collapse(self, at: datetime) -> None:
        """Have her walk to the kitchen, out of any radar's sight, and move no more until `recover`."""
        self._leave_plan(at, Place.KITCHEN, Deed.COLLAPSE, "collapse")

    def go_out(self, at: datetime) -> None:
        """Have her leave the home, whatever the hour, until `recover`."""
        if self.place is Place.OUTSIDE:
            raise Refused("she_is_out", "She is out already; send recover first.")
        rolls = self._able(at)
        way = list(self._approach(at, Place.OUTSIDE, rolls))
        self._acts = deque([*way[:-1], replace(way[-1], staged="go_out")])
        self._plan_waits = True

    def leave_door_open(self, at: datetime) -> None:
        """Have her open the front door, leave it so, and go back to her day."""
        if self.door_open:
            raise Refused("door_is_open", "The front door stands open already; send close_door first.")
        self._at_door(at, Deed.OPEN_DOOR, "leave_door_open")

    def close_door(self, at: datetime) -> None:
        """Have her close the front door and go back to her day."""
        if not self.door_open:
            raise Refused("door_is_closed", "The front door is closed already.")
        self._at_door(at, Deed.CLOSE_DOOR, "close_door")

    def recover(self, at: datetime) -> None:
        """Have her get up, or come home, and go on with her day."""
        if not self._plan_waits:
            raise Refused("nothing_to_recover", "She is well: stage a fall, a collapse or go_out first.")
        self._plan_waits = False
        at += timedelta(seconds=_GET_UP_FROM_FLOOR_S if self.down else 0)
        first = Act(at=at, deed=Deed.RISE if self.down else Deed.STIR, place=self.place, staged="recover")
        self._stay = self._stay_indoors(at)
        self._acts = deque([first, *self._go(at, self.place, self._stay, self._rolls(at, "recover"))])

    def _leave_plan(self, at: datetime, place: Place, deed: Deed, staged: str) -> None:
        rolls = self._able(at)
        way = list(self._approach(at, place, rolls))
        there = (way[-1].at if way else at) + timedelta(seconds=2)
        self._acts = deque([*way, Act(at=there, deed=deed, place=place, staged=staged)])
        self._plan_waits = True

    def _at_door(self, at: datetime, deed: Deed, staged: str) -> None:
        rolls = self._able(at)
        way = list(self._approach(at, Place.HALL, rolls))
        there = (way[-1].at if way else at) + timedelta(seconds=2)
        self._stay = self._stay_indoors(there)
        back = self._go(there, Place.HALL, self._stay, rolls)
        self._acts = deque([*way, Act(at=there, deed=deed, place=Place.HALL, staged=staged), *back])

    def _able(self, at: datetime) -> Random:
        if self._plan_waits:
            raise Refused("she_cannot", "She lies where she fell, or is out: send recover first.")
        return self._rolls(at, "incident")

    def _take_up(self, at: datetime, place: Place, rolls: Random) -> Iterator[Act]:
        if self.in_bed:
            at += timedelta(seconds=_RISE_S)
            yield Act(at=at, deed=Deed.RISE, place=place)
        yield from self._go(at, place, self._stay, rolls)

    def _go(self, at: datetime, start: Place, stay: Stay, rolls: Random) -> Iterator[Act]:
        """Yield the way to a stay and what she does there."""
        for act in walk(at, start, stay.place, rolls, door_open=self.door_open):
            at = act.at
            yield act
        yield from settle(at, stay, rolls, self._activity)

    def _approach(self, at: datetime, place: Place, rolls: Random) -> Iterator[Act]:
        if self.in_bed:
            at += timedelta(seconds=_RISE_S)
            yield Act(at=at, deed=Deed.RISE, place=self.place)
        yield from walk(at, self.place, place, rolls, door_open=self.door_open)

    def _stay_indoors(self, at: datetime) -> Stay:
        """Return what her plan has for `at`; after an incident she rests at home where it says to go out."""
        stay = stay_at(self._seed, at, self._timezone)
        return replace(stay, place=Place.LIVING, doing=Doing.REST) if stay.place is Place.OUTSIDE else stay

    def _do(self, act: Act) -> Act:
        self.place, self._last_at = act.place, act.at
        if act.deed in {Deed.LIE_DOWN, Deed.RISE}:
            self.in_bed, self.down = act.deed is Deed.LIE_DOWN, False
        if act.deed in {Deed.OPEN_DOOR, Deed.CLOSE_DOOR}:
            self.door_open = act.deed is Deed.OPEN_DOOR
        if act.deed in {Deed.FALL, Deed.COLLAPSE}:
            self.down = True
        return act

    def _rolls(self, at: datetime, what: str = "stay") -> Random:
        return dice(self._seed, what, at.isoformat())
