"""Values to table rows and back: times as integer microseconds, mappings as JSON, everything else as it is."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from alerts.model import Alert, AlertKind, AlertState, Cause, Delivery, DeliveryState, Outcome, Severity
from devices.reading import VALUE_TYPES, Kind, Reading
from gateway.path_tests import PathTest
from gateway.trial_run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

ALERT_COLUMNS = tuple(f.name for f in fields(Alert))
DELIVERY_COLUMNS = tuple(f.name for f in fields(Delivery))
READING_COLUMNS = ("at", "device", "kind", "value", "device_at", "sequence", "origin", "mid")

PATH_TEST_COLUMNS = ("path", "at", "ok", "told")


def to_us(at: datetime) -> int:
    """Give a time as microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Give the aware UTC time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=us)


def reading_row(reading: Reading, mid: int | None) -> tuple[Any, ...]:
    """Give the row of a reading, in the order of `READING_COLUMNS`."""
    return (
        to_us(reading.at),
        reading.device_id,
        reading.kind.value,
        reading.value,
        None if reading.device_at is None else to_us(reading.device_at),
        reading.sequence,
        reading.origin,
        mid,
    )


def reading_of(row: Sequence[Any]) -> Reading:
    """Give the reading of a row that starts with at, device, kind, value, device_at, sequence, origin."""
    at, device, kind, value, device_at, sequence, origin, *_ = row
    known = Kind(kind)
    return Reading(
        device_id=device,
        kind=known,
        value=VALUE_TYPES[known](value),
        at=from_us(at),
        device_at=None if device_at is None else from_us(device_at),
        sequence=sequence,
        origin=origin,
    )


def alert_row(alert: Alert) -> tuple[Any, ...]:
    """Give the row of an alert, in the order of `ALERT_COLUMNS`."""
    return _row(alert, ALERT_COLUMNS)


def delivery_row(delivery: Delivery) -> tuple[Any, ...]:
    """Give the row of a delivery, in the order of `DELIVERY_COLUMNS`."""
    return _row(delivery, DELIVERY_COLUMNS)


_ALERT_READERS: dict[str, Any] = {
    "kind": AlertKind,
    "severity": Severity,
    "state": AlertState,
    "outcome": Outcome,
    "evidence": json.loads,
    "since": from_us,
    "opened_at": from_us,
    "last_at": from_us,
    "updated_at": from_us,
    "acknowledged_at": from_us,
    "set_out_at": from_us,
    "called_from": from_us,
    "cause": Cause,
    "test": bool,
}
_DELIVERY_READERS: dict[str, Any] = {"severity": Severity, "state": DeliveryState, "due_at": from_us}


def alert_of(row: Sequence[Any]) -> Alert:
    """Give the alert of a row in the order of `ALERT_COLUMNS`."""
    return Alert(**_values(ALERT_COLUMNS, _ALERT_READERS, row))


def delivery_of(row: Sequence[Any]) -> Delivery:
    """Give the delivery of a row in the order of `DELIVERY_COLUMNS`."""
    return Delivery(**_values(DELIVERY_COLUMNS, _DELIVERY_READERS, row))


def trial_row(run: Run) -> tuple[Any, ...]:
    """Give the row of a test of the chain that has ended."""
    ended_at = run.ended_at or run.began_at
    return run.id, to_us(run.began_at), to_us(ended_at), run.by, run.passed, _runs().dump_json(run).decode()


def trial_of(written: str) -> Run:
    """Give the test of the chain that a row's last column holds."""
    return _runs().validate_json(written)


def path_test_row(test: PathTest) -> tuple[Any, ...]:
    """Give the row of a daily test, in the order of `PATH_TEST_COLUMNS`."""
    return test.path, to_us(test.at), test.ok, test.told


def path_test_of(row: Sequence[Any]) -> PathTest:
    """Give the daily test of a row in the order of `PATH_TEST_COLUMNS`."""
    path, at, ok, told = row
    return PathTest(path=path, at=from_us(at), ok=bool(ok), told=told)


@cache
def _runs() -> TypeAdapter[Run]:
    return TypeAdapter(Run)


def _row(value: Alert | Delivery, columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(_plain(getattr(value, name)) for name in columns)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value if value is None or isinstance(value, int) else str(value)


def _values(columns: tuple[str, ...], readers: dict[str, Any], row: Sequence[Any]) -> dict[str, Any]:
    return {
        name: readers[name](cell) if name in readers and cell is not None else cell
        for name, cell in zip(columns, row, strict=True)
    }
