"""Reads what both ends of a world remember, for the checker. Never writes."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.faults.checker import Applied, Arrival, Memory, Row, Step
from tests.faults.papers import TELEPHONE

if TYPE_CHECKING:
    from pathlib import Path

PRESSED = re.compile(r"emergency:(?P<device>[^:]+):.+?\+00:00(?::(?P<sequence>\d+))?\Z")


def rows(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a store says, read beside its owner; nothing where there is no store yet."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=5)) as connection:
            return connection.execute(sql).fetchall()
    except (sqlite3.DatabaseError, ValueError):  # not there yet, or what a fault left of it: text that is none, too
        return []


@dataclass(frozen=True, slots=True)
class Past:
    """What was before a round: alerts, and the names of the presses that had acted."""

    alerts: frozenset[str] = frozenset()
    presses: frozenset[str] = frozenset()


def acted(store: Path) -> list[tuple[str, str]]:
    """The names of the detections that acted, and their alerts."""
    return [(name, alert) for name, alert in rows(store, "SELECT name, alert_key FROM applied")]


def _applied(store: Path, past: Past) -> list[Applied]:
    """The presses that acted on an alert which is new, or which a backup brought back to life."""
    found = acted(store)
    meant = {alert for name, alert in found if alert not in past.alerts or name not in past.presses}
    return [
        Applied(
            device=m["device"],
            sequence=int(m["sequence"]) if m["sequence"] else None,
            alert=alert,
            old=name in past.presses,
        )
        for name, alert in found
        if alert in meant and (m := PRESSED.match(name))
    ]


def steps(store: Path) -> list[Step]:
    """The gateway's history of all alerts."""
    found = rows(store, "SELECT alert_key, revision, to_state, count FROM alert_history")
    return [Step(alert=key, revision=revision, state=state, count=count) for key, revision, state, count in found]


def telephoned(store: Path, past: Past) -> int:
    """How often an alert that is new was taken by telephone."""
    taken = rows(store, "SELECT alert_key, \"by\" FROM alert_history WHERE to_state = 'acknowledged'")
    return sum(who == TELEPHONE and key not in past.alerts for key, who in taken)


def planned(store: Path) -> list[Row]:
    """Every telling that the ladder planned."""
    found = rows(store, "SELECT id, alert_key, contact, revision, state, attempt FROM deliveries")
    return [
        Row(id=i, alert=key, contact=who, revision=rev, state=state, attempts=tries)
        for i, key, who, rev, state, tries in found
    ]


def memory(stores: tuple[Path, ...], past: Past) -> Memory:
    """All that these stores remember of alerts that are new or that something new acted on."""
    applied = tuple(each for store in stores for each in _applied(store, past))
    old = past.alerts - {each.alert for each in applied}
    return Memory(
        applied=applied,
        steps=tuple(each for store in stores for each in steps(store) if each.alert not in old),
        rows=tuple(each for store in stores for each in planned(store) if each.alert not in old),
    )


def untaken(store: Path) -> int:
    """How many alerts wait for a person in the home."""
    return len(rows(store, "SELECT 1 FROM alerts WHERE state IN ('pending', 'open', 'returned')"))


def live(store: Path) -> int:
    """How many alerts live in the home."""
    return len(rows(store, "SELECT 1 FROM alerts WHERE state NOT IN ('closed', 'cancelled')"))


def under_way(store: Path) -> int:
    """How many tellings have not ended."""
    return len(rows(store, "SELECT 1 FROM deliveries WHERE state IN ('due', 'sent')"))


def station_alerts(store: Path) -> dict[str, float]:
    """The alerts that the station has, and when each was last told."""
    found = rows(store, "SELECT key, told_at FROM alerts")
    return {key: datetime.fromisoformat(at).timestamp() for key, at in found}


def station_taken(store: Path) -> dict[str, int]:
    """The alerts that a person at the station took, and how many presses each counted then."""
    return dict(rows(store, "SELECT key, count FROM alerts WHERE state IN ('acknowledged', 'attended', 'closed')"))


def heard_at(store: Path) -> float:
    """When the station last heard a heartbeat, which it answers at once."""
    found = [json.loads(beat)["at"] for (beat,) in rows(store, "SELECT heartbeat FROM paths WHERE heartbeat NOT NULL")]
    return max((datetime.fromisoformat(at).timestamp() for at in found), default=0.0)


def undecided(store: Path) -> int:
    """How many decisions of the station's the home has not confirmed, and how many of its alerts live."""
    waiting = len(rows(store, "SELECT 1 FROM decisions WHERE receipted_at IS NULL"))
    return waiting + len(rows(store, "SELECT 1 FROM alerts WHERE state NOT IN ('closed', 'cancelled')"))


def arrivals(file: Path, contact: str = "hotline") -> list[Arrival]:
    """What the hotline's file says; a line that was cut off by a crash was not answered and does not count."""
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return [_arrival(json.loads(line), contact) for line in lines]


def _arrival(said: dict[str, Any], contact: str) -> Arrival:
    alert = said["body"]["alert"]
    return Arrival(id=said["key"], alert=alert["key"], contact=contact, revision=alert["revision"], at=said["at"])
