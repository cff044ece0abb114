"""What the alerts of a month came to: real, false and why, tests, and how soon people took them.

A test of the chain is told in a row of its own and counted nowhere else. A month is the station's own: it begins at its
midnight. Alerts are counted in the month in which they were closed, since only then is it known what they were.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import TYPE_CHECKING

from alerts.model import AlertState, Outcome, Severity
from alerts.station.rows import stamp

if TYPE_CHECKING:
    from sqlite3 import Connection, Row
    from zoneinfo import ZoneInfo

SOON_S = (60.0, 180.0)
"""Within how many seconds alarms are to be answered. Source: UK telecare, 97.5 % in 60 s and 99 % in 180 s
(mascot-telecare.org.uk/performance-report)."""


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The month of a moment, as "2026-11"."""
    return at.astimezone(zone).strftime("%Y-%m")


def bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where a month begins and ends (aware UTC).

    Raises:
        ValueError: it is no month such as "2026-11".
    """
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    after = (start + timedelta(days=32)).replace(day=1)
    return start.astimezone(UTC), after.astimezone(UTC)


def statistics(db: Connection, month: str, zone: ZoneInfo) -> dict[str, object]:
    """Counts a month.

    Args:
        db: the station's store.
        month: such as "2026-11".
        zone: the station's.

    Returns:
        Plain JSON: `outcomes`, `causes`, `kinds` (kind → outcome → how many), `tests`, `cancelled` (by the resident),
        `faults`, and `taken`: how soon people took what was no fault.
    """
    start, end = bounds(month, zone)
    closed = db.execute(
        "SELECT kind, severity, state, test, outcome, cause, stored_at, acknowledged_at FROM alerts"
        " WHERE closed_at >= ? AND closed_at < ?",
        (stamp(start), stamp(end)),
    ).fetchall()
    real = [row for row in closed if not row["test"] and row["outcome"] != Outcome.TEST]
    of_people = [row for row in real if row["severity"] != Severity.FAULT]
    ended = [row for row in of_people if row["state"] == AlertState.CLOSED]
    return {
        "month": month,
        "outcomes": _ordered(Counter(row["outcome"] for row in ended)),
        "causes": _ordered(
            Counter(row["cause"] or "unknown" for row in ended if row["outcome"] == Outcome.FALSE_ALARM)
        ),
        "kinds": {
            kind: _ordered(Counter(row["outcome"] for row in ended if row["kind"] == kind))
            for kind in sorted({row["kind"] for row in ended})
        },
        "tests": len(closed) - len(real),
        "cancelled": sum(row["state"] == AlertState.CANCELLED for row in of_people),
        "faults": len(real) - len(of_people),
        "taken": _soon(of_people),
    }


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(counts.most_common())


def _soon(rows: list[Row]) -> dict[str, float | int]:
    waits = sorted(_waited_s(row) for row in rows if row["acknowledged_at"])
    if not waits:
        return {"count": 0}
    middle, most = _cuts(waits)
    within = {f"within_{limit:.0f}_s": sum(wait <= limit for wait in waits) for limit in SOON_S}
    return {"count": len(waits), "median_s": middle, "p95_s": most, **within}


def _waited_s(row: Row) -> float:
    return (datetime.fromisoformat(row["acknowledged_at"]) - datetime.fromisoformat(row["stored_at"])).total_seconds()


def _cuts(waits: list[float]) -> tuple[float, float]:
    """The middle and the 95th percentile."""
    if len(waits) == 1:
        return waits[0], waits[0]
    cuts = quantiles(waits, n=20, method="inclusive")
    return round(cuts[9], 1), round(cuts[18], 1)
