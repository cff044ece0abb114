"""The longest unseen time: how long a person could lie helpless at home, at worst, before an alert goes out.

Theory of operation
-------------------
For every hour of the day and every place of the home: if she came to lie there then, when would somebody be told?

* In a room with a living fall radar: after the radar's "maybe" and the countdown.
* In a room in which a living sensor sees movement: when the silence reaches its limit. `inactivity` itself is asked, so
  whatever it has learned, and whatever it doubts, counts here.
* In a room in which nothing that lives sees her: the same; but if the entrance moves meanwhile (a visitor leaves) she
  is taken to be out, and then it is `outing` that tells at last. The longer of the two counts.
* In the bed: when the silence of somebody who lies in bed reaches its limit.
* Where no sensor indoors can be heard at all, a silence is told once, and what happens after it never is: no bound.
* To each of these comes the time until the first way to a person is used that works; without any, there is no bound.

Sensors that are worn count for nothing: the worst moment is the one at which they lie on the table. Nor does a button,
which the helpless do not press.

One place is told apart (`at_door_s`): who closes the entrance from inside and falls beside it within seconds looks like
one who has left, unless a radar sees her there.

*Repairs* are found by trying: which of the things that are broken would, if it worked, make the figure better?
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection import inactivity, outing
from gateway.detection.coverage_scene import NOWHERE, Broken, Scene, broken_of, mended, scene_of
from gateway.detection.home import Role
from gateway.detection.parts import BROKER
from gateway.detection.signs import watchers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.detection.home import Home
    from gateway.detection.state import State

HOURS = 24

_SEEING = frozenset({Role.MOTION, Role.PRESENCE})
_STANDING = frozenset({Role.PRESENCE, Role.FALL})


class Cause(StrEnum):
    """What decides how long a place stays unseen."""

    RADAR = "radar"  # a fall radar sees her fall
    SILENCE = "silence"  # the limit of silence
    TAKEN_FOR_OUT = "taken_for_out"  # nothing sees her there: once the entrance moves she is taken to be out
    ALL_SILENT = "all_silent"  # no sensor indoors can be heard
    NO_WAY = "no_way"  # no way to any person works


class Todo(StrEnum):
    """What to do so that it gets better."""

    BATTERY = "battery"
    POWER = "power"
    INSTALL = "install"  # it has never been heard
    BRIDGE = "bridge"
    PATH = "path"
    ADD_SENSOR = "add_sensor"  # nothing is broken: the room has no sensor that sees her


class Repair(NamedTuple):
    """What to do, and to which device, part of the gateway or room."""

    todo: Todo
    what: str


class Spot(NamedTuple):
    """One place, and how long she stays unseen there by the hour at which it begins, in seconds; `inf` for no bound."""

    room: str
    in_bed: bool
    unseen_s: tuple[float, ...]
    causes: tuple[Cause, ...]

    @property
    def place(self) -> tuple[str, bool]:
        """Which place it is."""
        return self.room, self.in_bed

    @property
    def longest_s(self) -> float:
        """The longest she stays unseen there."""
        return max(self.unseen_s)

    @property
    def worst(self) -> int:
        """The hour at which that begins."""
        return self.unseen_s.index(self.longest_s)

    @property
    def cause(self) -> Cause:
        """What decides it then."""
        return self.causes[self.worst]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How long she could lie unseen, in seconds; `inf` where nothing bounds it.

    Args:
        spots: every place, the worst first.
        impaired: the worst place among those that something broken makes worse; None where nothing does.
        in_order_s: the longest with everything in order.
        at_door_s: beside the entrance, taken to be out; 0 where that cannot happen.
        repairs: what would make the longest time better.
    """

    spots: tuple[Spot, ...]
    impaired: Spot | None
    in_order_s: float
    at_door_s: float
    repairs: tuple[Repair, ...]

    @property
    def worst(self) -> Spot:
        """The place that stays unseen longest."""
        return self.spots[0]

    @property
    def longest_s(self) -> float:
        """The longest unseen time."""
        return self.worst.longest_s


class _Day(NamedTuple):
    """After how long each is told that begins at an hour, in seconds: silence, silence in bed, being out."""

    silence_s: tuple[float, ...]
    in_bed_s: tuple[float, ...]
    out_s: tuple[float, ...]


class _Days(NamedTuple):
    """The day as things stand and, where something is broken, as it is with everything in order."""

    now: _Day
    in_order: _Day | None

    def with_(self, broken: Broken) -> _Day:
        """The day if only this is broken; what is learned of a whole home holds once nothing is."""
        return self.now if any(broken) or self.in_order is None else self.in_order


def judge(home: Home, state: State, at: datetime) -> Coverage:
    """Work out how long she could lie unseen, as things stand.

    Args:
        home: its devices, rooms, ways and limits.
        state: what is believed.
        at: the day of it (aware UTC).
    """
    broken, whole = broken_of(home, state), Broken()
    days = _Days(_day(home, state, at), _day(home, mended(home, state), at) if any(broken) else None)
    spots = _spots(home, days.with_(broken), scene_of(home, state, broken))
    in_order = {spot.place: spot for spot in _spots(home, days.with_(whole), scene_of(home, state, whole))}
    impaired = next((spot for spot in spots if spot.longest_s > in_order.get(spot.place, spot).longest_s), None)
    mended_each = _if_mended(home, state, days, broken)
    return Coverage(
        spots=spots,
        impaired=impaired,
        in_order_s=max(spot.longest_s for spot in in_order.values()),
        at_door_s=_at_door_s(home, days.with_(broken), scene_of(home, state, broken)),
        repairs=tuple(_repairs(home, state, mended_each, spots, impaired or spots[0])),
    )


def _day(home: Home, state: State, at: datetime) -> _Day:
    starts, asks_s = list(_starts(home, at)), home.limits.countdown_s
    return _Day(
        tuple(inactivity.told_after_s(home, state, start, in_bed=False) + asks_s for start in starts),
        tuple(inactivity.told_after_s(home, state, start, in_bed=True) + asks_s for start in starts),
        tuple(outing.told_after_s(home, state, start) for start in starts),
    )


def _starts(home: Home, at: datetime) -> Iterator[datetime]:
    """The hours of the local day of `at`."""
    today = at.astimezone(home.timezone).date()
    midnight = datetime.combine(today, time(), home.timezone)
    for hour in range(HOURS):
        yield (midnight + timedelta(hours=hour)).astimezone(UTC)  # by the wall clock, whatever summer time does


def rooms(home: Home) -> tuple[str, ...]:
    """The rooms in which she may lie; only `NOWHERE` where neither the settings nor the sensors name any."""
    placed = dict.fromkeys(home.devices[device].room for device in watchers(home))
    return home.rooms or tuple(room for room in placed if room != NOWHERE) or (NOWHERE,)


def _spots(home: Home, day: _Day, scene: Scene) -> tuple[Spot, ...]:
    """Every place, the worst first."""
    spots = [_room(home, day, scene, room) for room in rooms(home)]
    beds = [room for room, roles in scene.roles.items() if Role.BED in roles]
    spots += [_spot(room, day.in_bed_s, Cause.SILENCE, scene.silent_way_s, in_bed=True) for room in sorted(beds)]
    return tuple(sorted(spots, key=lambda spot: -spot.longest_s))


def _room(home: Home, day: _Day, scene: Scene, room: str) -> Spot:
    here = scene.roles.get(room, set()) | scene.roles.get(NOWHERE, set())
    if Role.FALL in here:
        seen_s = home.limits.fall_maybe_s + home.limits.countdown_s
        return _spot(room, (seen_s,) * HOURS, Cause.RADAR, scene.fall_way_s)
    if not scene.roles:
        return _spot(room, (inf,) * HOURS, Cause.ALL_SILENT, scene.silent_way_s)
    if here & _SEEING or not scene.departs:
        return _spot(room, day.silence_s, Cause.SILENCE, scene.silent_way_s)
    blind = _spot(room, day.out_s, Cause.TAKEN_FOR_OUT, scene.silent_way_s)
    return _worse(blind, _spot(room, day.silence_s, Cause.SILENCE, scene.silent_way_s))


def _spot(room: str, told_s: tuple[float, ...], cause: Cause, way_s: float, *, in_bed: bool = False) -> Spot:
    causes = (Cause.NO_WAY if way_s == inf else cause,) * HOURS
    return Spot(room, in_bed, tuple(seconds + way_s for seconds in told_s), causes)


def _worse(one: Spot, other: Spot) -> Spot:
    """At each hour the worse of two views of one place."""
    hours = [max((a.unseen_s[hour], a.causes[hour]) for a in (one, other)) for hour in range(HOURS)]
    return one._replace(unseen_s=tuple(hour[0] for hour in hours), causes=tuple(hour[1] for hour in hours))


def _at_door_s(home: Home, day: _Day, scene: Scene) -> float:
    """Beside the entrance, taken to be out; 0 where a radar stands guard beside every one, or nobody can be."""
    halls = {device.room for device in home.devices.values() if device.role is Role.ENTRANCE}
    guarded = all(_STANDING & scene.roles.get(hall, set()) for hall in halls)
    return max(day.out_s) + scene.silent_way_s if scene.departs and not guarded else 0.0


def _if_mended(home: Home, state: State, days: _Days, broken: Broken) -> dict[str, tuple[Spot, ...]]:
    """Every place as it would be, were this one thing mended, by the thing."""
    ones = [*sorted(broken.parts), *sorted(broken.bridges), *(one for one in watchers(home) if one in broken.devices)]
    rests = {one: broken.without(one) for one in ones}
    return {one: _spots(home, days.with_(rest), scene_of(home, state, rest)) for one, rest in rests.items()}


def _repairs(
    home: Home, state: State, after: dict[str, tuple[Spot, ...]], spots: tuple[Spot, ...], impaired: Spot
) -> Iterator[Repair]:
    """What alone would make some place better, first what is best for the impaired; else all that is broken."""
    helping = {
        one: (next((spot.longest_s for spot in then if spot.place == impaired.place), inf), *_figure(then))
        for one, then in after.items()
        if _figure(then) < _figure(spots)
    }
    for one in sorted(helping, key=helping.__getitem__) or (() if spots[0].cause is Cause.SILENCE else after):
        yield _repair(home, state, one)
    if not after:
        blind = (spot.room for spot in spots if spot.cause is Cause.TAKEN_FOR_OUT)
        yield from (Repair(Todo.ADD_SENSOR, room) for room in blind)


def _figure(spots: tuple[Spot, ...]) -> tuple[float, ...]:
    return tuple(spot.longest_s for spot in spots if not spot.in_bed)


def _repair(home: Home, state: State, one: str) -> Repair:
    device = home.devices.get(one)
    if device is None:
        outage = state.trouble.down[one]
        return Repair(Todo.BRIDGE if outage.bridge or one == BROKER else Todo.PATH, one)
    if one not in state.devices:
        return Repair(Todo.INSTALL, one)
    return Repair(Todo.POWER if device.mains else Todo.BATTERY, one)
