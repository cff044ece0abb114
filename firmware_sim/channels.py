"""What a sensor's firmware decides from what it feels: debounce, hold, judge. Pure of I/O; time is an argument.

A channel is mutable, like the few bytes of RAM that it stands for. It is told each feeling (`feel`), says when it
must be looked at again (`due`), and is then woken (`wake`). What it returns is news to send, or None.
Durations are those of docs/mqtt.md, 1.6, unless the line says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from devices.reading import Kind
from firmware_sim.blows import How
from firmware_sim.feeling import Sense

Value = bool | float | str

BUTTON_DEAD_S = 0.3  # a thumb cannot press twice faster; what comes sooner is the spring
FALL_STEPS_S = ((8.0, "maybe"), (20.0, "fall"), (180.0, "lying"))
"""After so many seconds on the floor the radar says so. Source: users of 60 GHz radars report about 10 s until the
first word; tumble_alarm_time of MIR-HE200-TY is 1 to 5 min for a long lie."""
UP_AGAIN_S = 5.0
WINDOW_S = 3.0
"""A window is sent when this much of what follows the blow has been felt (docs/mqtt.md, 1.9)."""
AFTER_S = (18.0, 33.0, 48.0, 63.0)
"""When the firmware tells what it felt since the blow (docs/mqtt.md, 1.9)."""


class Channel(Protocol):
    """One quantity that a device reports."""

    sense: Sense
    kind: Kind

    def feel(self, at: datetime, *, level: bool) -> Value | None:
        """Take in a feeling; return news, if it is news at once."""

    def due(self) -> datetime | None:
        """Return when to be woken next; None when nothing is pending."""

    def wake(self, at: datetime) -> Value | None:
        """Return the news that fell due by `at`, if any."""

    def restart(self, at: datetime) -> None:
        """Forget everything but what the pin reads now, as a reboot does."""

    def lasting(self) -> Value | None:
        """Return the state to send after a boot; None for what merely happens."""


@dataclass(slots=True, kw_only=True)
class Debounced:
    """A level that must hold before it is believed: contact, strap, presence, smoke.

    Args:
        true_after_s, false_after_s: how long each level must hold.
        believed: what was told last.
    """

    sense: Sense
    kind: Kind
    true_after_s: float
    false_after_s: float
    believed: bool = False
    _raw: bool | None = None
    _since: datetime | None = None

    def feel(self, at: datetime, *, level: bool) -> None:
        """Start the wait anew at each flip; a flip back to what is believed ends it."""
        if level != self._raw:
            self._raw, self._since = level, at

    def due(self) -> datetime | None:
        """Return when the present raw level will have held long enough."""
        if self._since is None or self._raw is None or self._raw == self.believed:
            return None
        return self._since + timedelta(seconds=self.true_after_s if self._raw else self.false_after_s)

    def wake(self, at: datetime) -> bool | None:
        """Believe the raw level if it has held."""
        due = self.due()
        if due is None or due > at:
            return None
        self.believed = not self.believed
        return self.believed

    def restart(self, at: datetime) -> None:
        """Believe what the pin reads."""
        self.believed, self._since = bool(self._raw), at

    def lasting(self) -> bool:
        """Return what is believed."""
        return self.believed


@dataclass(slots=True, kw_only=True)
class Held:
    """Movement: told at once, again at most every `again_s` while it lasts, taken back after `clear_s` without."""

    kind: Kind = Kind.MOTION
    sense: Sense = Sense.MOVEMENT
    again_s: float = 60.0
    clear_s: float = 90.0
    _moved_at: datetime | None = None
    _told_at: datetime | None = None

    def feel(self, at: datetime, *, level: bool) -> bool | None:
        """Tell a movement unless one was told within `again_s`."""
        if not level:
            return None
        self._moved_at = at
        if self._told_at is not None and at - self._told_at < timedelta(seconds=self.again_s):
            return None
        self._told_at = at
        return True

    def due(self) -> datetime | None:
        """Return when stillness will have lasted `clear_s`."""
        return None if self._moved_at is None else self._moved_at + timedelta(seconds=self.clear_s)

    def wake(self, at: datetime) -> bool | None:
        """Take the movement back if nothing moved since."""
        due = self.due()
        if due is None or due > at:
            return None
        self._moved_at = self._told_at = None
        return False

    def restart(self, at: datetime) -> None:  # noqa: ARG002 (the protocol's)
        """Know of no movement."""
        self._moved_at = self._told_at = None

    def lasting(self) -> None:
        """Movement does not outlast a boot."""


@dataclass(slots=True, kw_only=True)
class Button:
    """A press: told at once, never twice for one, never again after a reboot.

    Args:
        word: what a press is called: "press" or "cord".
    """

    word: str
    kind: Kind = Kind.SOS
    sense: Sense = Sense.FINGER
    _pressed_at: datetime | None = None

    def feel(self, at: datetime, *, level: bool) -> str | None:
        """Tell a press unless the spring of the last one still swings."""
        if not level or (self._pressed_at is not None and at - self._pressed_at < timedelta(seconds=BUTTON_DEAD_S)):
            return None
        self._pressed_at = at
        return self.word

    def due(self) -> None:
        """Nothing is ever pending."""

    def wake(self, at: datetime) -> None:
        """Nothing falls due."""

    def restart(self, at: datetime) -> None:  # noqa: ARG002 (the protocol's)
        """Know of no press: a boot is none."""
        self._pressed_at = None

    def lasting(self) -> None:
        """A press does not last."""


@dataclass(slots=True, kw_only=True)
class FallJudge:
    """A radar's belief about somebody on the floor: maybe, then fall, then lying; none once she is up."""

    kind: Kind = Kind.FALL
    sense: Sense = Sense.FLOOR
    believed: str = "none"
    _raw: bool = False
    _since: datetime | None = None
    _steps: list[tuple[float, str]] = field(default_factory=list)

    def feel(self, at: datetime, *, level: bool) -> None:
        """Begin to watch the floor, or the getting up; a stir of one who is up already means nothing."""
        if level == self._raw:
            return
        self._raw, self._since = level, at
        self._steps = list(FALL_STEPS_S) if level else [(UP_AGAIN_S, "none")]

    def due(self) -> datetime | None:
        """Return when the next step of belief is reached."""
        if not self._steps or self._since is None:
            return None
        return self._since + timedelta(seconds=self._steps[0][0])

    def wake(self, at: datetime) -> str | None:
        """Take the step if its time has come and it changes the belief."""
        due = self.due()
        if due is None or due > at:
            return None
        word = self._steps.pop(0)[1]
        if word == self.believed:
            return None
        self.believed = word
        return word

    def restart(self, at: datetime) -> None:
        """Judge anew from what the radar sees."""
        lies, self._raw, self.believed = self._raw, False, "none"
        self._steps = []
        if lies:
            self.feel(at, level=True)

    def lasting(self) -> str:
        """Return the belief."""
        return self.believed


@dataclass(slots=True, kw_only=True)
class Struck:
    """An accelerometer that was struck: sends the window around the blow."""

    kind: Kind = Kind.IMPACT
    sense: Sense = Sense.FLOOR
    _how: str = ""
    _at: datetime | None = None

    def feel(self, at: datetime, *, level: bool) -> None:
        """Strike the floor with whoever wears it."""
        if level:
            self.strike(at, How.FELL)

    def strike(self, at: datetime, how: str) -> None:
        """Be struck; a further blow within the window belongs to it."""
        if self._at is None:
            self._how, self._at = how, at

    def due(self) -> datetime | None:
        """Return when the window is complete."""
        return None if self._at is None else self._at + timedelta(seconds=WINDOW_S)

    def wake(self, at: datetime) -> str | None:
        """Send the window."""
        due = self.due()
        if due is None or due > at:
            return None
        self._at = None
        return self._how

    def restart(self, at: datetime) -> None:  # noqa: ARG002 (the protocol's)
        """Know of no blow."""
        self._at = None

    def lasting(self) -> None:
        """A blow does not last."""


@dataclass(slots=True, kw_only=True)
class SinceStruck:
    """What the accelerometer feels in the minute after a blow, in one word each quarter of it."""

    kind: Kind = Kind.AFTER
    sense: Sense = Sense.FLOOR
    _steps: list[datetime] = field(default_factory=list)
    _how: str = ""
    _on_the_floor: bool = False

    def feel(self, at: datetime, *, level: bool) -> None:
        """Go down with whoever wears it, or get up."""
        if level and not self._on_the_floor:
            self.strike(at, How.FELL)
        self._on_the_floor = level

    def strike(self, at: datetime, how: str) -> None:
        """Begin to feel what follows."""
        self._how = how
        self._steps = [at + timedelta(seconds=after_s) for after_s in AFTER_S]

    def due(self) -> datetime | None:
        """Return when the next word is due."""
        return self._steps[0] if self._steps else None

    def wake(self, at: datetime) -> str | None:
        """Tell what was felt since the last word; nothing of what nobody wears."""
        if not self._steps or self._steps[0] > at:
            return None
        self._steps.pop(0)
        if self._how in {How.KNOCKED, How.DROPPED}:
            return None
        if self._on_the_floor or self._how == How.PUT_DOWN:  # it cannot tell a table from a body that lies still
            return "still"
        return "up" if self._how == How.FELL else "stirring"

    def restart(self, at: datetime) -> None:  # noqa: ARG002 (the protocol's)
        """Know of no blow."""
        self._steps = []

    def lasting(self) -> None:
        """A word does not last."""
