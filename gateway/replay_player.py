"""One recording shown to the pipeline as a gateway that is never late would show it, and what is told of it.

Nobody answers in a replay. So that a second event is seen as a second one, an alert is closed as soon as its
condition has gone, and otherwise when the next occurrence of its kind comes more than `SAME_CASE_S` after the
last; presses within that time are further presses of one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import lifecycle
from alerts.brief import BedInfo, brief
from alerts.model import LIVE_STATES, Alert, AlertState, Outcome, Phase
from devices.reading import Tick
from gateway.detection import pipeline
from gateway.detection.presence import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.model import Detection
    from alerts.spoken import Language
    from devices.reading import Reading
    from gateway.detection.home import Home

SAME_CASE_S = 3600.0
"""How long after the last occurrence another one still belongs to the same alert, in a replay. Source: judgement; a
person arrives within the hour (telecare-facts A2: 100 % within 60 min)."""

_PLACES = {
    Place.HOME: "在家 / at home",
    Place.ASLEEP: "睡着 / asleep",
    Place.AWAY: "外出 / out",
    Place.VISITOR: "有人来访 / somebody is with her",
    Place.UNKNOWN: "不清楚 / unknown",
}
_SOMEBODY = BedInfo(bed_code="", resident="")


@dataclass(slots=True)
class Told:
    """Everything that a replay has told.

    Args:
        alerts: the latest version of every alert that anybody was called for, by key, in the order of their opening.
        live: those that are not closed.
        applied: detections that have acted, as in `alerts.lifecycle`.
        cleared: when an alert's condition went away, by key.
    """

    alerts: dict[str, Alert] = field(default_factory=dict)
    live: dict[str, Alert] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)
    cleared: dict[str, datetime] = field(default_factory=dict)

    def tell(self, detection: Detection) -> Alert | None:
        """Let a detection act; the alert that it opened or told again."""
        if detection.phase is Phase.RAISED:
            self._close_old(detection)
        change = lifecycle.apply(self.live.values(), self.applied, detection)
        if change is None:
            return None
        alert = change.alert
        self.applied[lifecycle.applied_key(detection)] = alert.key
        self._keep(alert)
        if detection.phase is Phase.RAISED:
            return None if alert.state is AlertState.PENDING else alert
        self.cleared[alert.key] = detection.at
        if alert.state is AlertState.RETURNED:
            self._close(alert, detection.at)
        return None

    def count_down(self, at: datetime) -> list[Alert]:
        """Let time pass; the alerts whose countdown has ended by then."""
        asking = [alert for alert in self.live.values() if alert.state is AlertState.PENDING]
        changes = [lifecycle.expire(alert, at, 0.0) for alert in asking]
        opened = [change.alert for change in changes if change is not None]
        for alert in opened:
            self._keep(alert)
        return opened

    def _close_old(self, detection: Detection) -> None:
        for alert in list(self.live.values()):
            same = alert.kind is detection.kind and alert.subject == detection.subject
            if same and detection.since - alert.last_at > timedelta(seconds=SAME_CASE_S):
                self._close(alert, detection.at)

    def _close(self, alert: Alert, at: datetime) -> None:
        step, outcome = lifecycle.Step.CLOSED, Outcome.NO_ANSWER
        self._keep(lifecycle.decide(alert, step, by="replay", at=at, outcome=outcome).alert)

    def _keep(self, alert: Alert) -> None:
        self.alerts[alert.key] = alert
        self.live.pop(alert.key, None)
        if alert.state is AlertState.CANCELLED:
            del self.alerts[alert.key]  # she moved while it was counted down: nobody was called
        if alert.state in LIVE_STATES:
            self.live[alert.key] = alert


class Player:
    """Shows the readings of one recording to the pipeline and writes down what is told.

    Args:
        home: the home.
        say: hears each line of the timeline.
    """

    def __init__(self, home: Home, say: Callable[[datetime, str], None]) -> None:
        self._home, self._say = home, say
        self._state: pipeline.State | None = None
        self.told = Told()
        self.readings = 0
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None

    def play(self, reading: Reading) -> None:
        """Let time pass to a reading, punctually, and show it."""
        if self._state is None:
            self._state = pipeline.start(self._home, reading.at)
            self.first_at = self.last_at = reading.at
        self.readings += 1
        if reading.at > self._state.at:
            self.last_at = reading.at
        while (due := self._state.next_due) < reading.at:
            self._step(self._state, Tick(at=due))
        self._step(self._state, reading)

    def _step(self, before: pipeline.State, event: Reading | Tick) -> None:
        for opened in self.told.count_down(event.at):
            self._say_alert(event.at, opened)
        self._state, found = pipeline.step(self._home, before, event)
        if self._state.presence.place is not before.presence.place:
            self._say_place(event.at)
        for detection in found:
            told = self.told.tell(detection)
            if told is not None:
                self._say_alert(event.at, told)

    def _say_alert(self, at: datetime, alert: Alert) -> None:
        self._say(at, f"⚠ {sentence(alert, self._home, 'zh')}")
        self._say(at, f"  {sentence(alert, self._home, 'en')}")

    def _say_place(self, at: datetime) -> None:
        if self._state is None:
            return
        presence = self._state.presence
        since = presence.since.astimezone(self._home.timezone)
        self._say(at, f"{_PLACES[presence.place]} ({since:%H:%M})")


def sentence(alert: Alert, home: Home, language: Language) -> str:
    """What a person would hear of an alert."""
    return brief(alert, _SOMEBODY, language=language, timezone=home.timezone).sentence
