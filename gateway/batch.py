"""What one batch of events means for the memory, and the SQL that writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from alerts.durable.mended import TOLD
from gateway import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.model import Alert, Delivery
    from devices.reading import Reading
    from gateway.path_tests import PathTest
    from gateway.trial_run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the box believed after its newest stored reading.

    Args:
        fingerprint: of the home and the code that made it; another one's snapshot is not read.
        state: the encoded pipeline state.
        reading_id: the newest reading it contains; filled by the store when it writes.
    """

    fingerprint: str
    state: bytes
    reading_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Refusals of one reason on one topic, counted together."""

    reason: str
    topic: str
    detail: str
    count: int
    first_at: datetime
    last_at: datetime


class Confirmed(NamedTuple):
    """A heartbeat that the station is known to have stored: its number, and when it was made (aware UTC)."""

    sequence: int
    at: datetime


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is to be written together, in the order in which it happened.

    `known` are deliveries that are only to be written, for whoever sends them has them already. `started` is the number
    of a start and when it was; `refusals_kept` is how many are left when some are added, for a flood of them must not
    fill the card. `mending_told` says that this batch has people told of the damaged store. `origins` says through
    which contact each alert was decided on, for whoever watches the batches go by; it is not written.
    """

    readings: list[tuple[Reading, int | None]] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    applied: list[tuple[str, str, datetime]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    known: list[Delivery] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    recorded: dict[str, Delivery] = field(default_factory=dict)
    decisions: list[tuple[str, str, datetime, str]] = field(default_factory=list)
    trials: list[Run] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    announced: list[tuple[str, str, datetime]] = field(default_factory=list)
    confirmed: dict[str, Confirmed] = field(default_factory=dict)
    path_tests: list[PathTest] = field(default_factory=list)
    snapshot: Snapshot | None = None
    refusals_kept: int = 0
    started: tuple[int, datetime] | None = None
    mending_told: bool = False

    def __bool__(self) -> bool:
        """Say whether there is anything to write."""
        return any(getattr(self, name) for name in self.__dataclass_fields__)


def columns(names: Sequence[str]) -> str:
    """Give names as an SQL list of columns."""
    return ", ".join(f'"{name}"' for name in names)


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" * len(names))


def _newer(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}" = excluded."{name}"' for name in names)


_ADD_READING = f"INSERT INTO readings ({columns(rows.READING_COLUMNS)}) VALUES ({_marks(rows.READING_COLUMNS)})"
_FIXED = ("key", "kind", "subject", "opened_at")
_CHANGING = [name for name in rows.ALERT_COLUMNS if name not in _FIXED]
_PUT_ALERT = (
    f"INSERT INTO alerts ({columns(rows.ALERT_COLUMNS)}) VALUES ({_marks(rows.ALERT_COLUMNS)})"
    f" ON CONFLICT (key) DO UPDATE SET {_newer(_CHANGING)}"
)
_ADD_DELIVERY = (
    f"INSERT OR IGNORE INTO deliveries ({columns(rows.DELIVERY_COLUMNS)}) VALUES ({_marks(rows.DELIVERY_COLUMNS)})"
)
_RECORD_DELIVERY = (
    "UPDATE deliveries SET attempt = ?, due_at = ?, receipt = ?, error = ?,"
    " state = CASE WHEN state = 'superseded' AND ? <> 'receipted' THEN state ELSE ? END WHERE alert_key = ? AND id = ?"
)
_SUPERSEDE = "UPDATE deliveries SET state = 'superseded' WHERE alert_key = ? AND state IN ('due', 'sent')"
_ADD_REFUSED = """INSERT INTO refusals (reason, topic, detail, count, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (reason, topic) DO UPDATE SET
    detail = excluded.detail, count = count + excluded.count, last_at = excluded.last_at"""
FORGET_REFUSALS = """DELETE FROM refusals WHERE last_at <
    (SELECT last_at FROM refusals ORDER BY last_at DESC LIMIT 1 OFFSET ?)"""
"""Leaves the newest refusals, one more than the parameter and all of the same moment."""
_PUT_PATH = """INSERT INTO paths (path, sequence, at) VALUES (?, ?, ?)
    ON CONFLICT (path) DO UPDATE SET sequence = excluded.sequence, at = excluded.at"""
_ADD_PATH_TEST = f"INSERT INTO path_tests ({columns(rows.PATH_TEST_COLUMNS)}) VALUES ({_marks(rows.PATH_TEST_COLUMNS)})"
_ADD_START = "INSERT OR IGNORE INTO starts (id, at) VALUES (?, ?)"
_DROP_STARTS = "DELETE FROM starts WHERE id > 1 AND id < ?"  # the first is kept: it is when the watch began
_PUT_SNAPSHOT = """INSERT INTO snapshot (id, reading_id, fingerprint, state)
    VALUES (1, (SELECT coalesce(max(id), 0) FROM readings), ?, ?)
    ON CONFLICT (id) DO UPDATE SET
    reading_id = excluded.reading_id, fingerprint = excluded.fingerprint, state = excluded.state"""


def statements(batch: Batch) -> list[tuple[str, list[Any]]]:
    """Give the statements of a batch in their order: readings first, the snapshot that contains them last."""
    every: list[tuple[str, list[Any]]] = [
        (_ADD_READING, [rows.reading_row(reading, mid) for reading, mid in batch.readings]),
        (_PUT_ALERT, [rows.alert_row(alert) for alert in batch.alerts]),
        ("INSERT OR IGNORE INTO applied VALUES (?, ?, ?)", [(n, k, rows.to_us(at)) for n, k, at in batch.applied]),
        (_SUPERSEDE, [(key,) for key in batch.superseded]),
        (_ADD_DELIVERY, [rows.delivery_row(delivery) for delivery in (*batch.known, *batch.deliveries)]),
        (_RECORD_DELIVERY, [_recorded(delivery) for delivery in batch.recorded.values()]),
        (
            "INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?)",
            [(i, k, rows.to_us(at), answer) for i, k, at, answer in batch.decisions],
        ),
        ("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?)", [rows.trial_row(run) for run in batch.trials]),
        (
            "INSERT OR IGNORE INTO announcements VALUES (?, ?, ?)",
            [(key, name, rows.to_us(at)) for key, name, at in batch.announced],
        ),
        (_PUT_PATH, [(path, known.sequence, rows.to_us(known.at)) for path, known in batch.confirmed.items()]),
        (_ADD_PATH_TEST, [rows.path_test_row(test) for test in batch.path_tests]),
        (_ADD_REFUSED, [_refused(refused) for refused in batch.refusals]),
    ]
    if batch.started:
        number, at = batch.started
        every += [(_ADD_START, [(number, rows.to_us(at))]), (_DROP_STARTS, [(number,)])]
    if batch.mending_told:
        every.append((TOLD, [()]))
    if batch.refusals_kept:
        every.append((FORGET_REFUSALS, [(batch.refusals_kept - 1,)]))
    if batch.snapshot:
        every.append((_PUT_SNAPSHOT, [(batch.snapshot.fingerprint, batch.snapshot.state)]))
    return [(sql, values) for sql, values in every if values]


def _recorded(d: Delivery) -> tuple[Any, ...]:
    return d.attempt, rows.to_us(d.due_at), d.receipt, d.error, d.state.value, d.state.value, d.alert_key, d.id


def _refused(r: Refused) -> tuple[Any, ...]:
    return r.reason, r.topic, r.detail, r.count, rows.to_us(r.first_at), rows.to_us(r.last_at)
