"""`shouwang replay`: recorded days through the same pipeline and the same life of alerts, told as a timeline.

Before each reading it looks whenever something falls due, so that every alert opens at the moment at which a
running box would have opened it (see `replay_player`). With `--broker` every reading goes through a real broker as
a native device would have sent it and comes back before it is judged (see `replay_link`); what is told must be the
same.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gateway.recorded import NotARecording
from gateway.recordings import Recording, open_recording
from gateway.replay_link import BrokerLost, Endpoint, through_broker
from gateway.replay_player import Player, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from alerts.model import Alert
    from devices.reading import Reading
    from gateway.detection.home import Home

PROGRESS_EVERY = 50_000
"""Readings between two words of progress."""


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
