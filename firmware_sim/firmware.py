"""The firmware of one device: power, boot, counters, heartbeat, battery, and its channels. Pure of I/O.

Time is an argument; what the firmware says is returned. The MQTT session, the bridge and the radio's faults are
elsewhere: a firmware only decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from devices.reading import MOMENTARY, Kind
from firmware_sim.channels import SinceStruck, Struck

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.channels import Channel, Value
    from firmware_sim.feeling import Feeling, Sense
    from firmware_sim.house import Fitted
    from firmware_sim.resident import Place

BATTERY_LOW_PERCENT = 10.0
"""Where coin cells of these devices begin to fail within weeks; the figure that bridges and makers warn at."""

Fact = tuple[Kind, "Value"]


class Occasion(StrEnum):
    """Why a device speaks."""

    EVENT = "event"
    HEARTBEAT = "heartbeat"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as the firmware decides it, before any dialect.

    Args:
        device: who.
        at: home time (aware UTC).
        device_at: what its own clock says; None while that is not set.
        occasion: see `Occasion`.
        boot, seq: its counters (docs/mqtt.md, 1.5).
        facts: what it tells; empty in a heartbeat.
        uptime_s: seconds since boot.
        interval_s: of its heartbeats.
        battery_percent: None on mains.
    """

    device: str
    at: datetime
    device_at: datetime | None
    occasion: Occasion
    boot: int
    seq: int
    facts: tuple[Fact, ...]
    uptime_s: float
    interval_s: int
    battery_percent: float | None


@dataclass(slots=True, kw_only=True)
class OwnClock:
    """The device's clock: right until somebody spoils it.

    Args:
        offset_s: how far it is ahead from `since` on.
        ppm: how much it gains besides, in millionths.
        since: when it was spoiled (aware UTC).
        lost: not set at all.
    """

    offset_s: float = 0.0
    ppm: float = 0.0
    since: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    lost: bool = False

    def at(self, truth: datetime) -> datetime | None:
        """Return what this clock shows at a true moment; None when it is not set."""
        gained_s = self.offset_s + (truth - self.since).total_seconds() * self.ppm / 1e6
        return None if self.lost else truth + timedelta(seconds=gained_s)


@dataclass(slots=True, kw_only=True)
class Firmware:
    """One device at work.

    Args:
        fitted: which device it is.
        place: where it feels; None for what is worn.
        next_boot: asks the flash memory for the next boot number.
        battery_percent: at the outset.
    """

    fitted: Fitted
    place: Place | None
    next_boot: Callable[[], int]
    battery_percent: float = 100.0
    powered: bool = False
    clock: OwnClock = field(default_factory=OwnClock)
    stuck: dict[Kind, Value] = field(default_factory=dict)
    ghost_press: bool = False  # imitates buttons that press when they boot
    percent_per_day: float = field(init=False)
    _channels: tuple[Channel, ...] = field(init=False)
    _boot: int = 0
    _seq: int = 0
    _low_told: bool = False
    _booted_at: datetime = field(init=False, default=datetime(2026, 1, 1, tzinfo=UTC))
    _beat_at: datetime = field(init=False, default=datetime(2026, 1, 1, tzinfo=UTC))
    _drained_at: datetime = field(init=False, default=datetime(2026, 1, 1, tzinfo=UTC))

    def __post_init__(self) -> None:
        """Solder the channels on."""
        self._channels = self.fitted.model.build()
        self.percent_per_day = self.fitted.model.percent_per_day

    def boot(self, at: datetime) -> list[Said]:
        """Start up: count the boot, tell lasting states as they are now, and the first heartbeat."""
        self.powered, self._boot, self._seq = True, self.next_boot(), 0
        self._booted_at = self._drained_at = at
        for channel in self._channels:
            channel.restart(at)
        facts = [(channel.kind, value) for channel in self._channels if (value := channel.lasting()) is not None]
        facts += [(c.kind, value) for c in self._channels if self.ghost_press and (value := c.feel(at, level=True))]
        return [*self._tell(at, facts), *self._heartbeat(at)]

    def halt(self) -> None:
        """Lose power, or crash: nothing more is said or remembered."""
        self.powered = False

    def feel(self, feeling: Feeling) -> list[Said]:
        """Take in what reaches it; return what it says at once."""
        if self.place not in (None, feeling.place):
            return []
        found = [
            (channel.kind, value)
            for channel in self._channels
            if channel.sense is feeling.sense and (value := channel.feel(feeling.at, level=feeling.level)) is not None
        ]
        return self._tell(feeling.at, found) if self.powered else []

    def due(self) -> datetime | None:
        """Return when it must be woken next; None without power."""
        if not self.powered:
            return None
        channels = (due for channel in self._channels if (due := channel.due()) is not None)
        return min(self._beat_at, self._empty_at(), *channels)

    def wake(self, at: datetime) -> list[Said]:
        """Do what fell due by `at`; may halt, when the battery is spent."""
        if not self.powered:
            return []
        if self._empty_at() <= at:
            self.battery_percent = 0.0
            self.halt()
            return []
        facts = [(channel.kind, value) for channel in self._channels if (value := channel.wake(at)) is not None]
        said = self._tell(at, facts)
        return [*said, *self._heartbeat(at)] if self._beat_at <= at else said

    def stick(self, at: datetime, kind: Kind, value: Value) -> list[Said]:
        """Have one quantity stick at a value, told once and never taken back."""
        self.stuck.pop(kind, None)
        said = self._tell(at, [(kind, value)])
        self.stuck[kind] = value
        return said

    def played(self, at: datetime, sentence: str) -> list[Said]:
        """Answer that a sentence was said to its end."""
        return self._tell(at, [(Kind.PLAYED, sentence)])

    def strike(self, at: datetime, how: str) -> bool:
        """Have something strike what can feel it; return whether anything can."""
        struck = [channel for channel in self._channels if isinstance(channel, Struck | SinceStruck)]
        for channel in struck:
            channel.strike(at, how)
        return bool(struck)

    def unstick(self, at: datetime) -> list[Said]:
        """Have everything move again, and tell how it truly stands."""
        stuck, self.stuck = self.stuck, {}
        true = {channel.kind: channel.lasting() for channel in self._channels}
        return self._tell(at, [(kind, true.get(kind) or False) for kind, value in stuck.items() if value is True])

    def drain_within(self, at: datetime, hours: float) -> None:
        """Have what is left in the battery last for so many hours only (about: messages cost besides)."""
        self._drain(at)
        self.percent_per_day = self.battery_percent * 24 / hours

    def drain_as_usual(self, at: datetime) -> None:
        """End `drain_within`; what is gone is gone."""
        self._drain(at)
        self.percent_per_day = self.fitted.model.percent_per_day

    def new_battery(self) -> None:
        """Put a fresh battery in; the next boot finds it full."""
        self.battery_percent, self._low_told = 100.0, False
        self.percent_per_day = self.fitted.model.percent_per_day

    @property
    def senses(self) -> frozenset[Sense]:
        """What it can feel."""
        return frozenset(channel.sense for channel in self._channels)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What it can report."""
        return tuple(channel.kind for channel in self._channels)

    def _tell(self, at: datetime, facts: list[Fact]) -> list[Said]:
        """Say facts, and beside them, once, that the battery is low; what is stuck says nothing new."""
        facts = [fact for fact in facts if fact[0] not in self.stuck or fact[0] in MOMENTARY]
        blows = [fact for fact in facts if fact[0] is Kind.IMPACT]
        facts = [fact for fact in facts if fact[0] is not Kind.IMPACT]
        said = [self._say(at, Occasion.WINDOW, (blow,)) for blow in blows]
        return [*said, self._say(at, Occasion.EVENT, tuple(facts))] if facts else said

    def _heartbeat(self, at: datetime) -> list[Said]:
        self._beat_at = at + timedelta(seconds=self.fitted.model.heartbeat_s)
        said = [self._say(at, Occasion.HEARTBEAT, ())]
        if not self.fitted.model.mains and not self._low_told and self.battery_percent <= BATTERY_LOW_PERCENT:
            self._low_told = True
            said.append(self._say(at, Occasion.EVENT, ((Kind.BATTERY_LOW, True),)))
        return said

    def _say(self, at: datetime, occasion: Occasion, facts: tuple[Fact, ...]) -> Said:
        self._seq += 1
        self._drain(at, self.fitted.model.percent_per_message)
        return Said(
            device=self.fitted.id,
            at=at,
            device_at=self.clock.at(at),
            occasion=occasion,
            boot=self._boot,
            seq=self._seq,
            facts=facts,
            uptime_s=(at - self._booted_at).total_seconds(),
            interval_s=self.fitted.model.heartbeat_s,
            battery_percent=None if self.fitted.model.mains else float(round(self.battery_percent)),
        )

    def _drain(self, at: datetime, message_percent: float = 0.0) -> None:
        spent = (at - self._drained_at).total_seconds() / 86400 * self.percent_per_day + message_percent
        self.battery_percent, self._drained_at = max(0.0, self.battery_percent - spent), at

    def _empty_at(self) -> datetime:
        if not self.percent_per_day:
            return datetime.max.replace(tzinfo=UTC)
        return self._drained_at + timedelta(days=self.battery_percent / self.percent_per_day)
