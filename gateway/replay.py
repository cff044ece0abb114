"""`shouwang replay`: recorded days through the same pipeline and the same life of alerts, told as a timeline.

Theory of operation ------------------- A replay is a gateway that is never late: before each reading it looks
whenever something falls due, so that every alert opens at the moment at which a running box would have opened it.
Nobody answers in a replay. So that a second event is seen as a second one, an alert is closed as soon as its
condition has gone, and otherwise when the next occurrence of its kind comes more than `SAME_CASE_S` after the
last; presses within that time are further presses of one call.

With `--broker` every reading goes through a real broker as a native device would have sent it and comes back
before it is judged (see `replay_link`); what is told must be the same.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts import lifecycle
from alerts.brief import BedInfo, brief
from alerts.model import LIVE_STATES, Alert, AlertState, Outcome, Phase
from devices.reading import Tick
from gateway.detection import pipeline
from gateway.detection.presence import Place
from gateway.recorded import NotARecording
from gateway.recordings import Recording, open_recording
from gateway.replay_link import BrokerLost, Endpoint, through_broker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from alerts.model import Detection
    from alerts.spoken import Language
    from devices.reading import Reading
    from gateway.detection.home import Home

SAME_CASE_S = 3600.0
"""How long after the last occurrence another one still belongs to the same alert, in a replay. Source: judgement; a
person arrives within the hour (telecare-facts A2: 100 % within 60 min)."""

PROGRESS_EVERY = 50_000
"""Readings between two words of progress."""

_PLACES = {
    Place.HOME: "在家 / at home",
    Place.ASLEEP: "睡着 / asleep",
    Place.AWAY: "外出 / out",
    Place.UNKNOWN: "不清楚 / unknown",
}
_WHO = {"zh": BedInfo(bed_code="", resident=""), "en": BedInfo(bed_code="", resident="")}


@dataclass(slots=True)
class Told:
    """Everything that a replay has told.

    Args:
        alerts: the latest version of every alert, by key, in the order in which they were opened.
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
            return alert
        self.cleared[alert.key] = detection.at
        if alert.state is AlertState.RETURNED:
            self._close(alert, detection.at)
        return None

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
        self._state, found = pipeline.step(self._home, before, event)
        if self._state.presence.place is not before.presence.place:
            self._say_place(event.at)
        for detection in found:
            alert = self.told.tell(detection)
            if alert is not None:
                self._say(event.at, f"⚠ {sentence(alert, self._home, 'zh')}")
                self._say(event.at, f"  {sentence(alert, self._home, 'en')}")

    def _say_place(self, at: datetime) -> None:
        if self._state is None:
            return
        presence = self._state.presence
        since = presence.since.astimezone(self._home.timezone)
        self._say(at, f"{_PLACES[presence.place]} ({since:%H:%M})")


def sentence(alert: Alert, home: Home, language: Language) -> str:
    """What a person would hear of an alert."""
    return brief(alert, _WHO[language], language=language, timezone=home.timezone).sentence


class Timeline:
    """Prints lines under their day, as they come."""

    def __init__(self, home: Home, *, quiet: bool) -> None:
        self._home, self._quiet = home, quiet
        self._day = ""

    def say(self, at: datetime, line: str) -> None:
        """Print a line under its day and minute."""
        if self._quiet:
            return
        local = at.astimezone(self._home.timezone)
        day = f"{local:%Y-%m-%d} 周{'一二三四五六日'[local.weekday()]} {local:%a}"
        if day != self._day:
            self._day = day
            _print(f"\n{day}")
        _print(f"  {local:%H:%M}  {line}")


def main(
    files: Sequence[Path],
    *,
    broker: str | None = None,
    json_file: Path | None = None,
    quiet: bool = False,
    home: Home | None = None,
) -> int:
    """Replay recordings and print what is told.

    Args:
        files: recordings; see `recordings` for which are known.
        broker: "HOST:PORT" of a real broker to go through, or None.
        json_file: where to write the results, or None.
        quiet: no timeline, only the summary.
        home: the home of our own stored readings, where a configuration tells.

    Returns:
        0; 1 when the broker was lost on the way; 2 when a file is no recording or an argument is wrong.
    """
    try:
        endpoint = None if broker is None else Endpoint.parse(broker)
    except ValueError as error:
        _complain(str(error))
        return 2
    replayed, refused = [], {}
    for path in files:
        try:
            replayed.append(_replay(open_recording(path, home), endpoint, quiet=quiet))
        except NotARecording as error:
            refused[str(path)] = str(error)
            _complain(str(error))
        except BrokerLost as error:
            _complain(str(error))
            return 1
    if json_file is not None:
        _write(json_file, _results(replayed, refused))
    return 2 if refused else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One recording after its replay."""

    recording: Recording
    player: Player
    seconds: float


def _replay(recording: Recording, endpoint: Endpoint | None, *, quiet: bool) -> Replayed:
    """Replay one recording, print it, and say how it went."""
    _print(f"\n== {recording.name} ==")
    player = Player(recording.home, Timeline(recording.home, quiet=quiet).say)
    show = _with_progress(player)
    began = time.perf_counter()
    if endpoint is None:
        for reading in recording.readings:
            show(reading)
    else:
        asyncio.run(through_broker(recording.readings, endpoint, show))
    replayed = Replayed(recording=recording, player=player, seconds=time.perf_counter() - began)
    _summarise(replayed)
    return replayed


def _with_progress(player: Player) -> Callable[[Reading], None]:
    began = time.perf_counter()

    def show(reading: Reading) -> None:
        player.play(reading)
        if player.readings % PROGRESS_EVERY == 0:
            rate = player.readings / (time.perf_counter() - began)
            local = f"{reading.at:%Y-%m-%d}"
            _complain(f"  … {player.readings:,} 条读数 / readings, {local}, {rate:,.0f} /s")

    return show


def _summarise(replayed: Replayed) -> None:
    player, refusals = replayed.player, replayed.recording.refusals
    days = 0.0
    if player.first_at is not None and player.last_at is not None:
        days = (player.last_at - player.first_at).total_seconds() / 86400
    rate = player.readings / replayed.seconds if replayed.seconds else 0.0
    kinds = Counter(alert.kind.value for alert in player.told.alerts.values())
    _print(f"\n{days:.1f} 天 / days, {player.readings:,} 条读数 / readings, {rate:,.0f} /s")
    _print(f"拒收 / refused: {sum(refusals.counts.values())} {dict(refusals.counts) or ''}")
    for example in refusals.examples:
        _print(f"  {example}")
    _print(f"告警 / alerts: {len(player.told.alerts)} {dict(kinds) or ''}")


def _results(replayed: list[Replayed], refused: dict[str, str]) -> dict[str, Any]:
    """The results of all recordings together; `files` has each by itself."""
    firsts = [one.player.first_at for one in replayed if one.player.first_at is not None]
    lasts = [one.player.last_at for one in replayed if one.player.last_at is not None]
    return {
        "readings": sum(one.player.readings for one in replayed),
        "refusals": sum(sum(one.recording.refusals.counts.values()) for one in replayed),
        "span": [min(firsts).isoformat(), max(lasts).isoformat()] if firsts else None,
        "alerts": [alert for one in replayed for alert in _alerts(one)],
        "files": [_file(one) for one in replayed],
        "refused_files": refused,
    }


def _file(one: Replayed) -> dict[str, Any]:
    first, last = one.player.first_at, one.player.last_at
    return {
        "name": one.recording.name,
        "readings": one.player.readings,
        "refusals": dict(one.recording.refusals.counts),
        "span": [first.isoformat(), last.isoformat()] if first and last else None,
        "alerts": len(one.player.told.alerts),
    }


def _alerts(one: Replayed) -> list[dict[str, Any]]:
    return [_alert(one, alert) for alert in one.player.told.alerts.values()]


def _alert(one: Replayed, alert: Alert) -> dict[str, Any]:
    names = ("key", "kind", "severity", "subject", "reason", "device", "evidence", "count")
    facts = asdict(alert)
    cleared_at = one.player.told.cleared.get(alert.key)
    return {
        "recording": one.recording.name,
        **{name: facts[name] for name in names},
        "since": alert.since.isoformat(),
        "opened_at": alert.opened_at.isoformat(),
        "cleared_at": None if cleared_at is None else cleared_at.isoformat(),
        "zh": sentence(alert, one.recording.home, "zh"),
        "en": sentence(alert, one.recording.home, "en"),
    }


def _write(json_file: Path, results: dict[str, Any]) -> None:
    json_file.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _print(line: str) -> None:
    print(line)  # noqa: T201 - the command's own words


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the command's own words
