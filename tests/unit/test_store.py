"""The store: what is committed comes back as it was, and a full disk stops nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts import ladder as ladders
from alerts import lifecycle
from alerts.ladder import Ladder, Rung
from alerts.lifecycle import Step
from alerts.model import Alert, AlertKind, DeliveryState, Detection, Outcome, Phase, Severity
from devices.reading import Kind, Reading
from gateway import store as stores
from gateway.batch import Batch, Refused, Snapshot
from gateway.recall import Recall
from gateway.store import Store
from gateway.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

T0 = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
LADDER = Ladder(rungs=(Rung(contact="station", channels=("station",), after_s=0),), round_s=180)


def reading(n: int = 0, **changes: object) -> Reading:
    said = Reading(device_id="hall", kind=Kind.MOTION, value=True, at=T0 + timedelta(seconds=n), origin="ab")
    return replace(said, **changes)  # type: ignore[arg-type]


def alert(key: str = "emergency:pendant:1", subject: str = "resident") -> Alert:
    found = Detection(
        key=key,
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=Severity.EMERGENCY,
        subject=subject,
        since=T0,
        at=T0 + timedelta(microseconds=1),
        reason="pressed",
        device="pendant",
        evidence={"room": "浴室", "count": 2, "late": True, "limit_s": 1.5},
    )
    change = lifecycle.apply([], {}, found)
    assert change is not None
    return change.alert


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "new folder" / "store.db")
    yield opened
    await opened.close()


@pytest.fixture
async def recall(store: Store, tmp_path: Path) -> AsyncIterator[Recall]:
    opened = await Recall.open(tmp_path / "new folder" / "store.db")
    yield opened
    await opened.close()


async def test_everything_comes_back_exactly(store: Store, recall: Recall):
    said = [
        reading(0),
        reading(1, kind=Kind.BATTERY, value=87.5, device_at=T0 - timedelta(hours=8), sequence=(3 << 32) | 17),
        reading(2, kind=Kind.SOS, value="press", device_id="客厅/挂坠"),
        reading(3, value=False),
    ]
    opened = alert()
    deliveries = ladders.plan(LADDER, lifecycle.Change(alert=opened, step=Step.OPENED, previous=None)).deliveries
    batch = Batch(
        readings=[(r, n) for n, r in enumerate(said)],
        alerts=[opened],
        applied=[("emergency:pendant:1", opened.key, T0)],
        deliveries=list(deliveries),
        refusals=[Refused(reason="not_json", topic="t", detail="d", count=2, first_at=T0, last_at=T0)],
        decisions=[("d1", opened.key, T0, "acknowledged")],
        snapshot=Snapshot(fingerprint="f", state=b"s"),
    )
    assert await store.commit(batch)
    assert [r async for r in recall.readings_after(0)] == said
    assert [r async for r in recall.readings_after(3)] == said[3:]
    assert await recall.readings_since(T0 + timedelta(seconds=1), 100) == said[1:]
    assert await recall.readings_since(T0, 2) == said[2:]
    assert await recall.live_alerts() == [opened]
    assert await recall.alerts(10) == [opened]
    assert await recall.under_way() == list(deliveries)
    assert await recall.applied() == {"emergency:pendant:1": opened.key}
    assert await recall.decisions() == {"d1": "acknowledged"}
    assert await recall.snapshot() == Snapshot(fingerprint="f", state=b"s", reading_id=4)
    assert await recall.last_messages(2) == [(3, "ab", said[3].at), (2, "ab", said[2].at)]
    assert await recall.newest_at() == said[3].at
    assert [r.count for r in await recall.refusals(5)] == [2]


async def test_the_newest_time_is_that_of_an_alert_where_its_reading_is_lost(store: Store, recall: Recall):
    assert await recall.newest_at() is None
    await store.commit(Batch(readings=[(reading(), 1)], alerts=[replace(alert(), updated_at=T0 + timedelta(days=1))]))
    assert await recall.newest_at() == T0 + timedelta(days=1)


async def test_history_is_written_by_the_database_itself(store: Store, recall: Recall):
    opened = alert()
    taken = lifecycle.decide(opened, Step.ACKNOWLEDGED, by="王", at=T0 + timedelta(seconds=9)).alert
    await store.commit(Batch(alerts=[opened, taken]))
    assert await recall.history(opened.key) == [
        (opened.updated_at, None, "open", 1, 1, ""),
        (T0 + timedelta(seconds=9), "open", "acknowledged", 2, 1, "王"),
    ]


async def test_a_second_live_alert_of_a_subject_is_refused_by_the_schema(store: Store, recall: Recall):
    await store.commit(Batch(alerts=[alert()]))
    with pytest.raises(sqlite3.IntegrityError):
        await store.commit(Batch(readings=[(reading(), None)], alerts=[alert("other")]))
    assert [r async for r in recall.readings_after(0)] == []


async def test_superseded_rows_are_not_under_way_and_a_late_receipt_is_still_kept(store: Store, recall: Recall):
    opened = alert()
    first, *rest = ladders.plan(LADDER, lifecycle.Change(alert=opened, step=Step.OPENED, previous=None)).deliveries
    await store.commit(Batch(alerts=[opened], deliveries=[first, *rest]))
    await store.commit(Batch(superseded=[opened.key]))
    assert await recall.under_way() == []
    sent = replace(first, state=DeliveryState.SENT, attempt=1)
    await store.commit(Batch(recorded={first.id: sent}))
    assert (await recall.deliveries(opened.key))[0].state is DeliveryState.SUPERSEDED
    await store.commit(Batch(recorded={first.id: replace(sent, state=DeliveryState.RECEIPTED, receipt="http 200")}))
    assert (await recall.deliveries(opened.key))[0].receipt == "http 200"
    assert (await recall.deliveries(opened.key))[0].state is DeliveryState.RECEIPTED


async def test_repeating_a_batch_of_alerts_changes_nothing(store: Store, recall: Recall):
    opened = alert()
    deliveries = ladders.plan(LADDER, lifecycle.Change(alert=opened, step=Step.OPENED, previous=None)).deliveries
    batch = Batch(alerts=[opened], applied=[("n", opened.key, T0)], deliveries=list(deliveries))
    await store.commit(batch)
    await store.commit(batch)
    assert await recall.alerts(10) == [opened]
    assert await recall.under_way() == list(deliveries)
    assert len(await recall.history(opened.key)) == 1


async def test_refusals_of_one_reason_and_topic_share_a_row(store: Store, recall: Recall):
    refused = Refused(reason="not_json", topic="t", detail="d", count=3, first_at=T0, last_at=T0)
    await store.commit(Batch(refusals=[refused]))
    await store.commit(Batch(refusals=[replace(refused, last_at=T0 + timedelta(hours=1), detail="new")]))
    assert await recall.refusals(10) == [
        replace(refused, count=6, last_at=T0 + timedelta(hours=1), detail="new"),
    ]


async def test_starts_are_counted(store: Store):
    assert [await store.count_start(T0) for _ in range(3)] == [1, 2, 3]


async def test_prune_forgets_the_old_and_keeps_what_lives(store: Store, recall: Recall):
    closed = lifecycle.decide(alert("old"), Step.CLOSED, by="王", at=T0, outcome=Outcome.TEST).alert
    live = alert("live")
    await store.commit(
        Batch(readings=[(reading(n), None) for n in range(5)], alerts=[closed, live], applied=[("old", "old", T0)])
    )
    refused = [
        Refused(reason="r", topic=str(n), detail="", count=1, first_at=T0, last_at=T0 + timedelta(n)) for n in range(5)
    ]
    await store.commit(Batch(refusals=refused))
    await store.prune(T0 + timedelta(seconds=3), refusals_kept=2)
    assert [r.at for r in [r async for r in recall.readings_after(0)]] == [
        T0 + timedelta(seconds=3),
        T0 + timedelta(seconds=4),
    ]
    assert [r.topic for r in await recall.refusals(10)] == ["4", "3", "2"]
    assert live in await recall.alerts(10)
    await store.prune(T0 + timedelta(days=9), refusals_kept=2)
    assert await recall.alerts(10) == [live]
    assert await recall.history(closed.key) == []


class FullDisk:
    """SQLite's own way of a full disk: the file may not grow."""

    def __init__(self, store: Store) -> None:
        self._writer = store._writer

    async def fill(self) -> None:
        await self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (pages,) = next(iter(await self._writer.execute_fetchall("PRAGMA page_count")))
        await self._writer.execute(f"PRAGMA max_page_count = {pages}")

    async def empty(self) -> None:
        await self._writer.execute("PRAGMA max_page_count = 1000000")


async def test_a_full_disk_keeps_batches_in_order_and_writes_them_later(
    store: Store, recall: Recall, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stores, "RETRY_S", 0.0)
    disk = FullDisk(store)
    await disk.fill()
    opened = alert()
    taken = lifecycle.decide(opened, Step.ACKNOWLEDGED, by="王", at=T0 + timedelta(seconds=9)).alert
    many = Batch(readings=[(reading(n), n) for n in range(2000)], alerts=[opened])
    assert not await store.commit(many)
    assert store.trouble == "disk_full: database or disk is full"
    assert not await store.commit(Batch(alerts=[taken]))
    assert await recall.alerts(10) == []
    await disk.empty()
    assert await store.commit(Batch(readings=[(reading(5000), 1)]))
    assert store.trouble == ""
    assert await recall.alerts(10) == [taken]
    assert len(await recall.history(opened.key)) == 2
    stored = [r async for r in recall.readings_after(0)]
    assert len(stored) == 2001
    assert stored[-1].at == T0 + timedelta(seconds=5000)


async def test_the_backlog_of_readings_is_bounded_and_alerts_stay(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stores, "BACKLOG_READINGS", 10)
    await FullDisk(store).fill()
    await store.commit(Batch(readings=[(reading(n), None) for n in range(500)], alerts=[alert()]))
    await store.commit(Batch(readings=[(reading(n), None) for n in range(4)]))
    kept = store._backlog
    assert [len(b.readings) for b in kept] == [6, 4]
    assert len(kept[0].alerts) == 1


@pytest.mark.parametrize("with_reading", ["and a reading", ""])
async def test_a_commit_that_failed_and_is_there_all_the_same_is_not_written_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch, with_reading: str
):
    whole = Transaction.executemany
    failures = [sqlite3.SQLITE_IOERR_FSYNC]

    def commit_and_fail(self: Transaction, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        cursor = whole(self, sql, parameters)
        if failures:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = failures.pop()
            raise error
        return cursor

    opened = alert()
    again = replace(opened, revision=2, count=2)
    batch = Batch(readings=[(reading(), 7)] if with_reading else [], alerts=[opened, again])
    monkeypatch.setattr(stores, "RETRY_S", 0.0)
    monkeypatch.setattr(Transaction, "executemany", commit_and_fail)
    assert not await store.commit(batch)
    assert store.trouble == "disk_broken: disk I/O error"
    assert await store.commit(Batch(readings=[(reading(1), 8)]))
    with sqlite3.connect(store.path) as there:
        assert there.execute("SELECT mid FROM readings").fetchall() == ([(7,), (8,)] if with_reading else [(8,)])
        assert there.execute("SELECT revision, count FROM alert_history").fetchall() == [(1, 1), (2, 2)]
    there.close()
