"""A gateway's store with everything in it, made once and copied for every damage; and what must survive."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from sqlite3 import connect
from typing import TYPE_CHECKING

from alerts.durable import backups
from alerts.model import Alert, AlertKind, AlertState, Delivery, DeliveryState, Outcome, Severity
from devices.reading import Kind, Reading
from gateway.batch import Batch, Snapshot
from gateway.essentials import back_up
from gateway.store import Store

if TYPE_CHECKING:
    from pathlib import Path

T0 = datetime(2026, 11, 10, 0, 0, tzinfo=UTC)
READINGS = 4000
CALL = "emergency:pendant:4294967297"


def alert(key: str, kind: AlertKind, subject: str, at: datetime, **changes: object) -> Alert:
    made = Alert(
        key=key,
        kind=kind,
        severity=Severity.EMERGENCY if kind is AlertKind.EMERGENCY else Severity.FAULT,
        subject=subject,
        state=AlertState.OPEN,
        since=at,
        opened_at=at,
        reason="pressed",
        device="pendant",
        evidence={"room": "bath"},
        last_at=at,
        updated_at=at,
        called_from=at,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def delivery(number: int, alert_key: str, at: datetime, state: DeliveryState = DeliveryState.DUE) -> Delivery:
    return Delivery(
        id=f"{number:032x}",
        alert_key=alert_key,
        contact="station",
        channel="station",
        severity=Severity.EMERGENCY,
        revision=1,
        state=state,
        due_at=at,
    )


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


async def fill(path: Path) -> None:
    """Two days of a home: 4,000 readings, 40 alerts that are over, two that live, what is owed for them, a backup.

    The call for help came after the backup, and is in the log alone.
    """
    store = await Store.open(path)
    await store.count_start(T0)
    for hour in range(40):
        at = T0 + minutes(60 * hour)
        over = alert(f"battery:{hour}", AlertKind.BATTERY, f"pir{hour}", at, state=AlertState.CLOSED)
        await store.commit(
            Batch(
                readings=[(_reading(hour * 100 + n), n) for n in range(100)],
                alerts=[replace(over, outcome=Outcome.FIXED)],
                applied=[(over.key, over.key, at)],
                deliveries=[delivery(1000 + hour, over.key, at, DeliveryState.RECEIPTED)],
                decisions=[(f"{hour:032x}", over.key, at, "closed")],
            )
        )
    at = T0 + minutes(60 * 40)
    await store.commit(
        Batch(
            alerts=[alert("silence:door", AlertKind.SILENCE, "door", at)],
            deliveries=[delivery(1, "silence:door", at)],
            snapshot=Snapshot(fingerprint="f", state=b'{"a":1}'),
        )
    )
    await store.close()
    backups.make(path, at, partial(back_up, path, at))


async def call_for_help(path: Path) -> None:
    """The call, and some readings around it; the process then dies, so that all of it is in the log."""
    store = await Store.open(path)
    at = T0 + minutes(60 * 40 + 1)
    for number in range(5):
        await store.commit(Batch(readings=[(_reading(READINGS + number), None)]))
    await store.commit(
        Batch(
            readings=[(_reading(READINGS + 5), None)],
            alerts=[alert(CALL, AlertKind.EMERGENCY, "resident", at)],
            applied=[(CALL, CALL, at)],
            deliveries=[delivery(2, CALL, at), delivery(3, CALL, at + minutes(1))],
        )
    )
    for number in range(6, 10):
        await store.commit(Batch(readings=[(_reading(READINGS + number), None)]))
    for name in ("", "-wal"):
        shutil.copyfile(f"{path}{name}", f"{path}.dead{name}")
    await store.close()
    for name in ("", "-wal"):
        path.with_name(f"{path.name}.dead{name}").replace(f"{path}{name}")


def _reading(number: int) -> Reading:
    at = T0 + timedelta(seconds=36 * number)
    return Reading(
        device_id=f"pir{number % 5}", kind=Kind.MOTION, value=number % 2 == 0, at=at, origin=f"{number:016x}"
    )


def live(path: Path) -> dict[str, str]:
    """The alerts that live in a store, and their states."""
    with closing(connect(path)) as db:
        return dict(db.execute("SELECT key, state FROM alerts WHERE state NOT IN ('closed', 'cancelled')"))


def owed(path: Path) -> set[str]:
    """The ids of what is due in a store."""
    with closing(connect(path)) as db:
        return {row[0] for row in db.execute("SELECT id FROM deliveries WHERE state IN ('due', 'sent')")}


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(connect(path)) as db:
        return db.execute(sql).fetchall()
