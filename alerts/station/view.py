"""How the station shows an alert and a home: the JSON of the API, which the page draws.

The words of an alert are the home's (`brief_zh`, `brief_en`); only the station's own alert, about a home that says
nothing, is put into words here.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from alerts.model import SEVERITY_RANK, UNTAKEN_STATES, Severity
from alerts.station.rows import SILENT

if TYPE_CHECKING:
    from sqlite3 import Row
    from zoneinfo import ZoneInfo

    from alerts.station.settings import HomeEntry

COPIED = (
    "id", "home", "kind", "severity", "state", "revision", "count", "since", "last_at", "waiting_since", "told",
    "told_at",
    "acknowledged_at", "acknowledged_by", "attended_at", "attended_by", "closed_at", "closed_by", "outcome", "note",
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
    brief = {"zh": message.get("brief_zh"), "en": message.get("brief_en")}
    if row["kind"] == SILENT:
        brief = silence_words(row, bed, zone)
    evidence = message.get("alert", {}).get("evidence", {})
    untaken, rank = row["state"] in UNTAKEN_STATES, SEVERITY_RANK[Severity(row["severity"])]
    return {name: row[name] for name in COPIED} | {
        "alert_key": row["key"],
        "test": bool(row["test"]),
        "received": row["stored_at"],
        "stored_at": row["stored_at"],
        "by": row["closed_by"] or row["attended_by"] or row["acknowledged_by"],
        "untaken": untaken,
        "bed": bed,
        "age": now.astimezone(zone).year - bed["birth_year"] if bed.get("birth_year") else None,
        "room": bed.get("rooms", {}).get(evidence.get("room"), ""),
        "brief": brief,
        "order": f"{not untaken:d}{rank}{row['waiting_since']}",
    }


def _filled(bed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in bed.items() if value not in ("", None)}


def silence_words(row: Row, bed: dict[str, Any], zone: ZoneInfo) -> dict[str, object]:
    """The brief of 守望盒失联."""
    at = datetime.fromisoformat(row["last_at"]).astimezone(zone).strftime("%H:%M")
    who, code = bed.get("resident", ""), bed.get("bed_code", "")
    named = " · ".join(part for part in (who, code or row["home"]) if part)
    back = bool(row["recovered_at"])
    return {
        "zh": {
            "title": f"守望盒失联 · {named}",
            "sentence": f"{who or row['home']}家的守望盒从 {at} 起没有消息。"
            + ("现已恢复，请确认老人平安。" if back else "这期间家里出事也报不出来。"),
            "lines": [] if back else ["先打电话问老人是否平安", "再查：电源、网络、路由器"],
        },
        "en": {
            "title": f"Box silent · {named}",
            "sentence": f"The watch of {who or row['home']} has said nothing since {at}. "
            + ("It speaks again: make sure she is well." if back else "No alarm could reach us meanwhile."),
            "lines": [] if back else ["Ring the resident first", "Then check power, network, router"],
        },
    }


def home_json(home: str, entry: HomeEntry, row: Row | None) -> dict[str, object]:
    """One home as the API gives it: is its watch working, and since when do we know."""
    heartbeat: dict[str, Any] = json.loads(row["heartbeat"]) if row is not None and row["heartbeat"] else {}
    bed: dict[str, Any] = json.loads(row["bed"]) if row is not None and row["bed"] else {}
    return {
        "home": home,
        "bed_code": bed.get("bed_code") or entry.bed_code,
        "name": bed.get("resident") or entry.name,
        "heard_at": row["heard_at"] if row is not None else None,
        "healthy": heartbeat.get("healthy"),
        "faults": heartbeat.get("faults", []),
        "live_alerts": heartbeat.get("live_alerts"),
        "presence": heartbeat.get("presence"),
        "version": heartbeat.get("version", ""),
    }
