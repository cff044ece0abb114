"""What the API and the page need to know of the home. The gateway implements `HomeView`; this side owns it.

Plain values only, and no web framework: the gateway may import this long before it starts to serve. Names of places,
parts, reasons and happenings are fixed short names; `gateway.web.words` puts them into Chinese and English.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.model import Alert, Outcome
    from gateway.web.coverage_view import CoverageSeen
    from gateway.web.trial_view import TrialView

Place = Literal["home", "asleep", "away", "visitor", "unknown"]
Confidence = Literal["sure", "likely", "doubtful"]
Action = Literal["acknowledge", "attend", "close"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSeen:
    """Where the person is, as far as the sensors tell.

    Args:
        place: home (up and about), asleep, away, visitor (at home, somebody is with her), or unknown.
        since: when that began; None while nothing has been heard.
        evidence: the fixed name of why it is believed, as presence gives it; "" for none.
        confidence: how surely: "sure", "likely" or "doubtful".
    """

    place: Place
    since: datetime | None
    evidence: str = ""
    confidence: Confidence = "sure"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOfLife:
    """The last thing that the person did.

    Args:
        at: when.
        room: the room's name; "" for a worn device.
        device: the device's name.
    """

    at: datetime
    room: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the watch itself.

    Args:
        name: "broker", "station", "store", "clock", "bridge", "api", or another short name.
        ok: whether it works now.
        since: when it began to be so; None where not known.
        detail: a fixed short name or a sentence for the installer; "" for none.
    """

    name: str
    ok: bool
    since: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSeen:
    """One device and how it is.

    Args:
        id: as in `devices.reading.Reading.device_id`.
        name: as people call it.
        room: the room's name; "" for a worn device.
        role: as in `gateway.detection.home.Role`.
        mains: powered from the wall.
        last_heard: when it last said anything; None if never.
        battery_percent: 0-100; None where it has not told.
        battery_low: the device or its percentage says: change me.
        ok: whether its word can be relied on now; False while it is silent or offline.
        weak: "alone" where it chatters or sees ghosts, so that its word counts only beside another's; "misses" where
            it has fallen quiet; "" for neither.
    """

    id: str
    name: str
    room: str
    role: str
    mains: bool
    last_heard: datetime | None
    battery_percent: float | None
    battery_low: bool
    ok: bool
    weak: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTested:
    """What the latest daily test of one path came to.

    Args:
        path: as in `gateway.path_tests.PathTest`.
        at: when.
        ok: whether it works.
        told: what proved it, or what failed and what to do.
    """

    path: str
    at: datetime
    ok: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendSeen:
    """One figure of her days, this week beside the weeks before: a report, never an alarm.

    Args:
        name: activity_h, night_trips, up_at_h or bathroom_min.
        week: the mean of the latest seven days at home.
        before: of the four weeks before them.
        change: "less", "more" or "none", which is what chance may give.
    """

    name: str
    week: float
    before: float
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that one glance needs, at one moment.

    Args:
        at: now, by the home's clock.
        presence: where the person is.
        last_sign: the last sign of life; None while there was none.
        silent_for_s: seconds since then that count as silence at home; 0 while away.
        inactivity_limit_s: the silence that raises an alert just now, in seconds; None while the person is away.
        watch: the parts of the watch.
        devices: all devices, in the order of the settings.
        live: alerts that are not cancelled or closed, gravest first.
        tested_at: when the whole chain was last tried and worked; None if never.
        test_due_at: when it is to be tried again; None where nobody asks for it.
        path_tests: the latest test of every path of the ladder.
        coverage: the longest unseen time; None where nobody works it out.
        trends: what this week is like beside the four before; nothing before two weeks were seen.
    """

    at: datetime
    presence: PresenceSeen
    last_sign: SignOfLife | None
    silent_for_s: float
    inactivity_limit_s: float | None
    watch: tuple[Part, ...]
    devices: tuple[DeviceSeen, ...]
    live: tuple[Alert, ...]
    tested_at: datetime | None = None
    test_due_at: datetime | None = None
    path_tests: tuple[PathTested, ...] = ()
    coverage: CoverageSeen | None = None
    trends: tuple[TrendSeen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the day.

    Args:
        at: when.
        source: "reading", "presence" (the place changed), "alert" (it changed its state) or "watch" (a part did).
        kind: the reading's kind, the place, the alert's kind or the part's name.
        value: the reading's value, the alert's state, or whether the part works; "" where there is none.
        room: the room's name; "" where there is none.
        device: the device's name; "" where there is none.
    """

    at: datetime
    source: Literal["reading", "presence", "alert", "watch"]
    kind: str
    value: bool | float | str = ""
    room: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalSeen:
    """Messages that were refused for one reason on one topic.

    Args:
        at: when the latest came.
        reason: the fixed name, as counted.
        topic: where from.
        detail: what was found and what to do.
        count: how many came.
    """

    at: datetime
    reason: str
    topic: str
    detail: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether anybody keeps watch, for a machine that asks.

    Args:
        watching: readings come in, are judged and are stored, and alerts go out.
        troubles: fixed names of what is weaker than it should be; empty when all is well.
    """

    watching: bool
    troubles: tuple[str, ...] = ()


class UnknownAlertError(Exception):
    """No alert has this key."""


class DecisionRefusedError(Exception):
    """The alert's state does not allow this decision.

    Args:
        reason: a fixed short name.
        sentence_zh, sentence_en: what the person should know or do.
    """

    def __init__(self, reason: str, *, sentence_zh: str, sentence_en: str) -> None:
        super().__init__(sentence_en)
        self.reason = reason
        self.sentence_zh = sentence_zh
        self.sentence_en = sentence_en


class HomeView(Protocol):
    """The home as the API shows it. Every method answers from what is committed and never waits for a sensor."""

    @property
    def bed(self) -> BedInfo:
        """Whose home it is."""

    @property
    def timezone(self) -> ZoneInfo:
        """The home's, for every time shown."""

    def status(self) -> Status:
        """The home at this moment."""

    @property
    def trials(self) -> TrialView:
        """The tests of the chain."""

    def health(self) -> Health:
        """Whether anybody keeps watch at this moment."""

    async def changed(self, seen: int) -> int:
        """Waits until something new could be shown.

        Args:
            seen: the number got last time; 0 the first time.

        Returns:
            The present number, which is above `seen`. It rises with each commit and each change of a part.
        """

    async def timeline(self, *, since: datetime, until: datetime, limit: int) -> Sequence[Happening]:
        """The latest `limit` happenings with since <= at < until, oldest first."""

    async def alerts(self, *, live: bool, limit: int) -> Sequence[Alert]:
        """The latest `limit` alerts, newest first; only live ones if `live`."""

    async def decide(self, key: str, action: Action, *, by: str, outcome: Outcome | None, note: str) -> Alert:
        """Records what a person decided, and returns after the commit.

        Returns:
            The alert as it is now. Taking an alert again that the same person has taken changes nothing.

        Raises:
            UnknownAlertError: no such alert.
            DecisionRefusedError: its state does not allow it.
        """

    async def refusals(self, limit: int) -> Sequence[RefusalSeen]:
        """The latest `limit` refused messages, newest first."""
