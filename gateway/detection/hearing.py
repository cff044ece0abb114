"""What is known of each device, and what one more reading adds to it.

Theory of operation
-------------------
A device is remembered by very little: when it was last heard, which of its levels stand (`levels` holds the kinds
that are True now, each with the time at which it rose; a kind that is absent is False or has never been reported,
which we treat alike), its battery, and whether its bridge calls it available.

*Edges.* A level reading is news only where it differs from what stood before: `rose` and `fell`. Bridges repeat
whole cached states with every message, so a repeated level proves that the device lives and nothing else.

*Repeats.* A native device numbers its messages. Redelivery by the broker, or the device's own retry, brings the
same number again: the reading is then ignored. A small window per boot (as in IPsec's anti-replay) remembers the
latest 64 numbers, so that messages that merely overtook each other are all heard. One message may hold several
readings of different kinds under one number. A number older than the window is taken as new: a press that a device
could deliver only late must not be lost, and a broker has at most twenty messages in flight.

*Re-announcements.* A bridge that restarts may publish its cached states again, an old button press among them. A
momentary reading without a number is such a re-announcement when it comes within `bridge_replay_s` after the
bridge came up, has the very bytes (`origin`) of that device's latest press, and is the first such since this
start. The second one is a person pressing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from devices.reading import MOMENTARY, VALUE_TYPES, Kind

if TYPE_CHECKING:
    from devices.reading import Reading
    from gateway.detection.home import Device

LEVELS = frozenset(
    kind
    for kind, value_type in VALUE_TYPES.items()
    if value_type is bool and kind not in {Kind.AVAILABILITY, Kind.BRIDGE, Kind.TROUBLE}
)
"""Kinds that last: True until False."""

WINDOW = 64
"""Sequence numbers remembered per boot; a broker keeps 20 in flight (mosquitto's default max_inflight_messages)."""
BOOTS = 4
"""Boots remembered per device: late messages of an earlier boot may arrive among those of a later one."""
BOOT_SHIFT = 32
"""Where the boot number stands in a sequence number. Source: docs/mqtt.md, 1.5."""

_new = tuple.__new__
"""Makes a named tuple from its fields in their order, in a third of the time; for what is made for every reading."""

_FULL = (1 << WINDOW) - 1
_ONLY = {kind: frozenset({kind}) for kind in Kind}


class Window(NamedTuple):
    """The sequence numbers heard of one boot: bit n of `heard` stands when `highest - n` was."""

    highest: int
    heard: int

    def has(self, sequence: int) -> bool:
        """Whether the number was heard, as far as the window reaches."""
        age = self.highest - sequence
        return 0 <= age < WINDOW and bool(self.heard >> age & 1)

    def with_heard(self, sequence: int) -> Window:
        """The same with one number more."""
        ahead = sequence - self.highest
        if ahead > 0:
            return _new(Window, (sequence, (self.heard << min(ahead, WINDOW) | 1) & _FULL))
        return Window(self.highest, self.heard | 1 << -ahead) if ahead > -WINDOW else self


class Numbers(NamedTuple):
    """Which of a device's sequence numbers have been heard.

    Args:
        boots: a window for each of the latest boots, by boot number, the one heard last at the end.
        current: the number of the message heard last.
        kinds: the kinds of reading heard under `current`.
    """

    boots: dict[int, Window]
    current: int
    kinds: frozenset[Kind]

    def repeats(self, sequence: int, kind: Kind) -> bool:
        """Whether this number has been heard with this kind."""
        if sequence == self.current:
            return kind in self.kinds
        window = self.boots.get(sequence >> BOOT_SHIFT)
        return window is not None and window.has(sequence)

    def with_heard(self, sequence: int, kind: Kind) -> Numbers:
        """The same after one more reading."""
        if sequence == self.current:
            return Numbers(self.boots, sequence, self.kinds | {kind})
        boot = sequence >> BOOT_SHIFT
        window = self.boots.get(boot)
        if window is not None and len(self.boots) == 1:
            return _new(Numbers, ({boot: window.with_heard(sequence)}, sequence, _ONLY[kind]))
        window = Window(sequence, 1) if window is None else window.with_heard(sequence)
        others = [(other, kept) for other, kept in self.boots.items() if other != boot]
        return Numbers({**dict(others[1 - BOOTS :]), boot: window}, sequence, _ONLY[kind])


_NO_LEVELS: dict[Kind, datetime] = {}


class DeviceState(NamedTuple):
    """What is known of one device; a tuple, since one is made for every reading.

    Args:
        last_heard: its latest own message; None before the first. What a bridge says of it does not count.
        levels: the kinds that stand at True, and since when.
        battery: percent, as last reported; None before.
        available: what its bridge or last will last said; None before.
        checks_in: it has sent numbered heartbeats, so that its silence means something.
        origin: the bytes of its latest press, as in `Reading.origin`.
        excused: the start of the bridge for which a re-announced press has been excused already.
        numbers: its sequence numbers; None for devices that do not number their messages.
    """

    last_heard: datetime | None = None
    levels: dict[Kind, datetime] = _NO_LEVELS
    battery: float | None = None
    available: bool | None = None
    checks_in: bool = False
    origin: str = ""
    excused: datetime | None = None
    numbers: Numbers | None = None


class Seen(NamedTuple):
    """A reading as the detectors are shown it.

    Args:
        reading: the reading.
        at: its time, never before the time of the reading before it (aware UTC).
        device: the device's place in the home.
        before: what was known of the device before this reading.
        rose: a level went from False to True.
        fell: a level went from True to False.
        life: it is a sign of life.
        indoors: somebody did this inside the home, just now.
    """

    reading: Reading
    at: datetime
    device: Device
    before: DeviceState
    rose: bool
    fell: bool
    life: bool
    indoors: bool


def repeats(known: DeviceState, reading: Reading) -> bool:
    """Whether this very fact has been told before."""
    return (
        reading.sequence is not None
        and known.numbers is not None
        and known.numbers.repeats(reading.sequence, reading.kind)
    )


def is_reannounced(known: DeviceState, reading: Reading, at: datetime, started: datetime, window_s: float) -> bool:
    """Whether a press is only the bridge repeating an old one after its start.

    Args:
        known: what is known of the device.
        reading: a momentary reading.
        at: its time (aware UTC).
        started: when the bridge last came up (aware UTC).
        window_s: for how long after that a bridge repeats itself, in seconds.
    """
    return (
        reading.sequence is None
        and reading.origin != ""
        and reading.origin == known.origin
        and known.excused != started
        and at - started <= timedelta(seconds=window_s)
    )


def hear(known: DeviceState, reading: Reading, at: datetime, excused: datetime | None = None) -> DeviceState:
    """What is known of a device after one more reading of it.

    Args:
        known: what was known.
        reading: the reading; not a repeat.
        at: its time (aware UTC).
        excused: the bridge's start, when this reading is a re-announcement after it.
    """
    kind, value, sequence = reading.kind, reading.value, reading.sequence
    numbers = known.numbers
    if sequence is not None:
        numbers = numbers.with_heard(sequence, kind) if numbers else _first_numbers(sequence, kind)
    heard = (
        known.last_heard if kind is Kind.AVAILABILITY else at,
        _levels(known.levels, kind, at, on=bool(value)) if kind in LEVELS else known.levels,
        float(value) if kind is Kind.BATTERY else known.battery,
        bool(value) if kind is Kind.AVAILABILITY else known.available,
        known.checks_in or (kind is Kind.HEARTBEAT and sequence is not None),
        reading.origin if kind in MOMENTARY else known.origin,
        excused or known.excused,
        numbers,
    )
    return _new(DeviceState, heard)


def _first_numbers(sequence: int, kind: Kind) -> Numbers:
    return Numbers({sequence >> BOOT_SHIFT: Window(sequence, 1)}, sequence, _ONLY[kind])


def _levels(levels: dict[Kind, datetime], kind: Kind, at: datetime, *, on: bool) -> dict[Kind, datetime]:
    """The levels after one more report; the same object where nothing changed."""
    if on == (kind in levels):
        return levels
    if on:
        return {**levels, kind: at}
    return {other: since for other, since in levels.items() if other is not kind}
