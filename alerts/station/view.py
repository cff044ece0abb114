"""How the station shows an alert and a home: the JSON of the API, which the page draws.

The words of an alert are the home's (`brief_zh`, `brief_en`); those of the station's own alerts are in `own_words`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from alerts.model import SEVERITY_RANK, UNTAKEN_STATES, Severity
from alerts.station.listening import bearing
from alerts.station.own_words import own_words
from alerts.station.pulse import remembered_sign
from alerts.station.rows import OWN
from alerts.topics import MAIN, SPARE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from sqlite3 import Row
    from zoneinfo import ZoneInfo

    from alerts.station.settings import HomeEntry

COPIED = (
    "id", "home", "kind", "severity", "state", "revision", "count", "since", "last_at", "waiting_since", "told",
    "told_at",
    "acknowledged_at", "acknowledged_by", "set_out_at", "set_out_by",
    "attended_at", "attended_by", "closed_at", "closed_by", "outcome", "cause", "note",
    "recovered_at", "refused", "on_the_way",
)  # fmt: skip
"""Columns that the API shows as they are."""


def alert_json(row: Row, entry: HomeEntry | None, zone: ZoneInfo, now: datetime) -> dict[str, object]:
    """One alert as the API gives it.

    Args:
        row: of `rows.live_alerts` or `rows.closed_alerts`.
        entry: the home's settings; None when it is no longer served.
        zone: the station's, for the words of its own alert and for ages.
        now: for ages.

    Returns:
        Plain JSON; `order` sorts the gravest and longest waiting first, the taken ones after all others.
    """
    message: dict[str, Any] = json.loads(row["message"]) if row["message"] else {}
    bed = message.get("bed") or (json.loads(row["bed"]) if row["bed"] else {})
    bed = {"bed_code": entry.bed_code if entry else "", "resident": entry.name if entry else "", **_filled(bed)}
    own = row["kind"] in OWN
    brief = own_words(row, bed, zone) if own else {"zh": message.get("brief_zh"), "en": message.get("brief_en")}
    evidence = message.get("alert", {}).get("evidence", {})
    untaken, rank = row["state"] in UNTAKEN_STATES, SEVERITY_RANK[Severity(row["severity"])]
    return {name: row[name] for name in COPIED} | {
        "alert_key": row["key"],
        "test": bool(row["test"]),
        "received": row["stored_at"],
        "stored_at": row["stored_at"],
        "by": row["closed_by"] or row["attended_by"] or row["acknowledged_by"],
        "untaken": untaken,
        "overdue_by": str(evidence.get("overdue_by", "")) if untaken else "",
        "own": own,
        "bed": bed,
        "age": now.astimezone(zone).year - bed["birth_year"] if bed.get("birth_year") else None,
        "room": bed.get("rooms", {}).get(evidence.get("room"), ""),
        "brief": brief,
        "order": f"{not untaken:d}{'T' if row['test'] else rank}{row['waiting_since']}",
    }


def _filled(bed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in bed.items() if value not in ("", None)}


def home_json(home: str, entry: HomeEntry, row: Row | None, paths: Sequence[Row], limit_s: float) -> dict[str, object]:
    """One home as the API gives it: is its watch working, since when do we know, and by which paths.

    Args:
        home: its id.
        entry: its settings.
        row: of `rows.homes`; None if it never spoke.
        paths: its rows of `rows.paths`.
        limit_s: seconds of silence that are too long.
    """
    heard = {each["path"]: each["heard_at"] or "" for each in paths}
    signs = {each["path"]: remembered_sign(each) for each in paths}
    newer = heard.get(SPARE, "") > heard.get(MAIN, "")
    expected = bearing(signs.get(MAIN), signs.get(SPARE), limit_s=limit_s, spare_is_newer=newer)
    heartbeat: dict[str, Any] = json.loads(row["heartbeat"]) if row is not None and row["heartbeat"] else {}
    bed: dict[str, Any] = json.loads(row["bed"]) if row is not None and row["bed"] else {}
    return {
        "home": home,
        "bed_code": bed.get("bed_code") or entry.bed_code,
        "name": bed.get("resident") or entry.name,
        "heard_at": row["heard_at"] if row is not None else None,
        "paths": heard,
        "silent_after_s": expected.silent_after_s,
        "by_spare": expected.by_spare,
        "healthy": heartbeat.get("healthy"),
        "faults": heartbeat.get("faults", []),
        "live_alerts": heartbeat.get("live_alerts"),
        "presence": heartbeat.get("presence"),
        "tested_at": heartbeat.get("tested_at"),
        "test_due_at": heartbeat.get("test_due_at"),
        "version": heartbeat.get("version", ""),
    }
