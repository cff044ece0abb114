"""What became of each staged incident, in real time: for the JSON report, the table, and the exit code."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOMENTS = ("staged_at", "opened_at", "stored_at", "acknowledged_at", "home_knew_at")
"""In their order; every one of them must be known."""


@dataclass(slots=True, kw_only=True)
class Incident:
    """One incident; every time is real (aware UTC), None until it has come.

    Args:
        kind: as in `alerts.model.AlertKind`.
        device: by which it was to be noticed.
        staged_at: its cause had happened.
        opened_at: the box in the home had noticed it.
        stored_at: the station had it on its disk.
        acknowledged_at: a person had taken it.
        home_knew_at: the box in the home knew that.
        by: who that person was.
        staged_at_home, opened_at_home: by the home's time.
    """

    kind: str
    device: str
    staged_at: datetime | None = None
    opened_at: datetime | None = None
    stored_at: datetime | None = None
    acknowledged_at: datetime | None = None
    home_knew_at: datetime | None = None
    by: str = ""
    staged_at_home: datetime | None = None
    opened_at_home: datetime | None = None

    def missing(self) -> list[str]:
        """Name the moments that never came."""
        return [name for name in MOMENTS if getattr(self, name) is None]


@dataclass(slots=True, kw_only=True)
class Report:
    """All incidents of a run.

    Args:
        seed: of the simulated life.
        began_at, ended_at: of the demo, really.
        incidents: one for each scene, from the start.
    """

    seed: int
    began_at: datetime
    ended_at: datetime | None = None
    incidents: list[Incident] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every incident went all its way."""
        return bool(self.incidents) and not any(incident.missing() for incident in self.incidents)

    def write(self, file: Path) -> None:
        """Write it as JSON.

        Raises:
            OSError: if the file cannot be written.
        """
        plain = {**asdict(self), "complete": self.complete}
        file.write_text(json.dumps(plain, default=_written, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    def table(self) -> Iterator[str]:
        """Give the table's lines: real seconds after the cause."""
        yield f"{'':12}{'发现 opened':>14}{'存好 stored':>15}{'接警 taken':>14}{'家里知道 home knew':>20}"
        for incident in self.incidents:
            yield f"{incident.kind:12}" + "".join(_cell(incident, name) for name in MOMENTS[1:])


def _cell(incident: Incident, name: str) -> str:
    at = getattr(incident, name)
    if at is None or incident.staged_at is None:
        return f"{'—':>16}"
    return f"{(at - incident.staged_at).total_seconds():>14.3f} s"


def _written(value: object) -> str:
    assert isinstance(value, datetime)  # noqa: S101 - the only thing in a report that JSON has no word for
    return value.isoformat()
