"""The watch: what it holds back, what it writes and when, and that nothing waits for what it need not."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from alerts.durable.damage import Condition
from alerts.durable.mended import Mended
from alerts.model import DeliveryState
from devices.reading import Kind, Reading, Refusal
from gateway import journal, refusals, store
from gateway.remember import remember
from gateway.restate import BEFORE_ALL
from tests.crashing_box import T0, Box, seconds, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gateway.batch import Batch


def peace(_commit: int, _this_life: int) -> str:
    return ""


@pytest.fixture
async def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Box]:
    monkeypatch.setattr(journal, "SOON_S", 0.0)
    made = Box(settings_of(tmp_path, commit_wait_s=30, refusals_kept=10), peace, monkeypatch)
    await made.start()
    await made.settle()
    yield made
    await made.stop()


class Slow:
    """Holds every commit until the test lets it go."""

    def __init__(self, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[Batch] = []
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        commit = box.store.commit

        async def held(batch: Batch) -> bool:
            self.batches.append(batch)
            self.begun.set()
            await self.go.wait()
            return await commit(batch)

        monkeypatch.setattr(box.store, "commit", held)


def motion(n: int = 0) -> Reading:
    return Reading(device_id="motion", kind=Kind.MOTION, value=bool(n % 2), at=T0 + seconds(n))


def press() -> Reading:
    return Reading(device_id="button", kind=Kind.SOS, value="press", at=T0 + seconds(500))


async def test_readings_wait_for_company_and_a_press_takes_them_along(box: Box, monkeypatch: pytest.MonkeyPatch):
    slow = Slow(box, monkeypatch)
    slow.go.set()
    for n in range(5):
        box.app.watch.see(motion(n), n)
    await box.settle()
    assert slow.batches == []
    box.app.watch.see(press(), 9)
    await box.settle()
    assert len(slow.batches[0].readings) == 6
    assert len(slow.batches[0].alerts) == 1


async def test_eight_messages_that_wait_to_be_acknowledged_commit(box: Box, monkeypatch: pytest.MonkeyPatch):
    slow = Slow(box, monkeypatch)
    slow.go.set()
    for n in range(journal.UNACKNOWLEDGED):
        assert slow.batches == []
        box.app.watch.see(motion(n), n)
        box.app.watch.journal.after_commit(lambda: None, acknowledges=True)
        await asyncio.sleep(0)
    await box.settle()
    assert [len(batch.readings) for batch in slow.batches] == [8]


async def test_sixty_four_readings_that_nobody_acknowledges_commit(box: Box, monkeypatch: pytest.MonkeyPatch):
    slow = Slow(box, monkeypatch)
    slow.go.set()
    for n in range(journal.ROWS):
        box.app.watch.see(motion(n))
    await box.settle()
    assert [len(batch.readings) for batch in slow.batches] == [64]


async def test_what_gathered_nothing_is_acknowledged_with_the_commit_under_way(
    box: Box, monkeypatch: pytest.MonkeyPatch
):
    slow, done = Slow(box, monkeypatch), asyncio.Event()
    box.app.watch.see(press(), 1)
    await slow.begun.wait()
    box.app.watch.journal.after_commit(done.set, acknowledges=True)
    await asyncio.sleep(0)
    assert not done.is_set()
    slow.go.set()
    await asyncio.wait_for(done.wait(), 2)


async def test_with_nothing_to_write_nothing_is_waited_for(box: Box):
    done: list[int] = []
    box.app.watch.journal.after_commit(lambda: done.append(1))
    assert done == [1]


async def test_the_dispatcher_is_served_before_acknowledgements(box: Box, monkeypatch: pytest.MonkeyPatch):
    order: list[str] = []
    add = box.app.dispatcher.add
    monkeypatch.setattr(box.app.dispatcher, "add", lambda rows: (order.append(f"told {len(rows)}"), add(rows)))
    box.app.watch.see(press(), 1)
    box.app.watch.journal.after_commit(lambda: order.append("acknowledged"))
    await box.settle()
    assert order[0].startswith("told ")
    assert order[1] == "acknowledged"


async def test_a_flood_of_refusals_is_written_once_a_minute_and_the_table_is_cut(
    box: Box, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(refusals, "REFUSALS_EVERY_S", 0.2)
    for n in range(1000):
        box.app.watch.journal.refuse(Refusal(reason="not_json", topic=f"t{n}", detail="d"), T0 + seconds(n))
    box.app.watch.see(press())
    await box.settle()
    first = await box.recall.refusals(5000)
    assert [kept.topic for kept in first] == [f"t{n}" for n in range(199, 189, -1)]
    box.app.watch.journal.refuse(Refusal(reason="not_json", topic="late", detail="d"), T0 + seconds(2000))
    box.app.watch.see(replace(press(), at=T0 + seconds(600)))
    await box.settle()
    assert await box.recall.refusals(5000) == first
    await asyncio.sleep(0.25)
    await box.settle()
    assert [kept.topic for kept in await box.recall.refusals(5000)] == ["late", *(kept.topic for kept in first[:9])]
    assert box.app.metrics.refusals.labels(reason="not_json")._value.get() == 1001


async def test_the_beginning_of_the_watch_survives_a_crash_before_the_first_reading(box: Box):
    await box.stop()
    box.clock.at += seconds(86_400)
    await box.start()
    assert box.app.watch.belief.state.started == T0
    belief, _ = await remember(box.recall, box.app.watch.rules.home, box.clock.now())
    assert belief.state.started == T0


@pytest.mark.parametrize(("how", "told"), [("partly", 1), ("whole", 0)])
async def test_a_call_whose_reading_alone_was_read_back_is_told_all_the_same(
    box: Box, monkeypatch: pytest.MonkeyPatch, how: str, told: int
):
    box.app.watch.see(replace(press(), at=T0))
    await box.settle()
    await box.stop()
    lose_alerts(box.settings.store.path)
    mended = Mended(condition=Condition.DAMAGED, how=how, since=None, kept=None)
    make_ready = store.make_ready
    monkeypatch.setattr(store, "make_ready", lambda path, condemned: make_ready(path, condemned) or mended)
    box.far.told.clear()
    await box.start()
    await box.settle()
    assert len({a.key for a in box.far.told.values() if a.kind == "emergency"}) == told
    box.app.watch.tick(box.clock.now())
    assert "gateway/store" in box.app.watch.belief.state.trouble.down


@pytest.mark.parametrize(("how", "first"), [("backup", int((T0 - BEFORE_ALL).total_seconds())), ("whole", 1)])
async def test_what_a_station_is_told_after_a_loss_outranks_what_it_was_told_before(
    box: Box, monkeypatch: pytest.MonkeyPatch, how: str, first: int
):
    box.app.watch.see(replace(press(), at=T0))
    await box.settle()
    await box.stop()
    mended = Mended(condition=Condition.DAMAGED, how=how, since=None, kept=None)
    make_ready = store.make_ready
    monkeypatch.setattr(store, "make_ready", lambda path, condemned: make_ready(path, condemned) or mended)
    await box.start()
    box.app.watch.see(replace(press(), at=T0 + seconds(60), sequence=2))
    await box.settle()
    (alert,) = (a for a in await box.alerts() if a.kind == "emergency")
    assert (alert.count, alert.revision) == (2, first + 1)


@pytest.mark.parametrize(("state", "under_way"), [("open", 2), ("acknowledged", 1), ("closed", 0)])
async def test_after_a_loss_only_the_station_is_told_of_what_was_taken_and_nobody_of_what_is_over(
    box: Box, monkeypatch: pytest.MonkeyPatch, state: str, under_way: int
):
    box.far.unreachable = True
    box.app.watch.see(replace(press(), at=T0))
    await box.settle()
    await box.stop()
    with closing(sqlite3.connect(box.settings.store.path)) as db:
        db.execute("UPDATE alerts SET state = ?", (state,))
        db.commit()
    mended = Mended(condition=Condition.DAMAGED, how="partly", since=None, kept=None)
    make_ready = store.make_ready
    monkeypatch.setattr(store, "make_ready", lambda path, condemned: make_ready(path, condemned) or mended)
    await box.start()
    await box.settle()
    rows = [row for row in await box.recall.under_way() if row.alert_key.startswith("emergency:")]
    assert len({(row.contact, row.channel) for row in rows}) == under_way


async def test_a_store_that_was_replaced_twice_within_what_the_watch_knows_of_time_counts_twice(
    box: Box, monkeypatch: pytest.MonkeyPatch
):
    mended = Mended(condition=Condition.DAMAGED, how="whole", since=None, kept=None)
    make_ready = store.make_ready
    monkeypatch.setattr(store, "make_ready", lambda path, condemned: make_ready(path, condemned) or replace(mended))
    for _ in range(2):
        await box.stop()
        await box.start()
        await box.settle()
        box.clock.at += seconds(1)
        box.app.watch.tick(box.clock.now())
        await box.settle()
    ((state, count),) = [(a.state, a.count) for a in await box.alerts() if a.subject == "gateway/store"]
    assert (state, count) == ("open", 2)


async def test_each_jump_of_the_clock_is_told_even_while_the_one_before_is_not_over(
    box: Box, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(box.clock, "check", lambda: 3600.0)
    monkeypatch.setattr(box.clock, "astray", True)
    for _ in range(2):
        box.clock.at += seconds(60)
        box.app.rounds.check_clock(box.clock.now())
        await box.settle()
    assert [a.count for a in await box.alerts() if a.subject == "gateway/clock"] == [2]


async def test_a_start_with_a_clock_that_cannot_be_right_is_told_though_such_a_trouble_stands_already(
    box: Box, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(box.clock, "trusted", False)
    for _ in range(2):
        await box.stop()
        await box.start()
        for _ in range(2):  # only the first look after a start is news
            box.clock.at += seconds(60)
            box.app.rounds.check_clock(box.clock.now())
            await box.settle()
    assert [a.count for a in await box.alerts() if a.subject == "gateway/clock"] == [2]


def lose_alerts(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        for table in ("alerts", "applied", "deliveries", "alert_history"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
        db.commit()


async def test_a_receipt_that_comes_just_before_a_row_is_sent_again_ends_the_row(box: Box):
    box.far.unreachable = True
    box.app.watch.see(replace(press(), at=T0))
    await box.settle()
    row = next(row for row in await box.recall.under_way() if row.contact == "station" and row.attempt == 1)
    box.far.unreachable = False
    lane = box.app.dispatcher._lanes["station", "station"]
    daughter = box.app.dispatcher._lanes["daughter", "webhook"]
    for other in [*lane.rows, *daughter.rows]:  # leaves the alert's only row, so that the alert is forgotten with it
        if other != row.id:
            lane.drop(other)
            daughter.drop(other)
    box.clock.at = row.due_at + seconds(1)
    box.app.dispatcher.wake()
    box.app.dispatcher.receipted(row.id, "station says so")
    await box.settle()
    assert box.far.reached == []
    assert (await box.deliveries())[row.id] is DeliveryState.RECEIPTED
    assert not box._tasks[1].done()


async def test_what_the_last_commit_brings_waits_for_the_next_start(box: Box):
    box.app.watch.see(press())
    tasks = box._tasks
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError] * 3
    box._tasks = []
    await box.stop()
    assert box.far.reached == []
    await box.start()
    await box.pass_to(T0 + seconds(501))
    await box.pass_to(T0 + seconds(503))
    assert len(set(box.far.reached)) == 1


async def test_a_damage_that_nobody_lived_to_tell_is_told_by_a_later_start(box: Box):
    box.app.watch.see(replace(press(), at=T0))
    await box.settle()
    await box.stop()
    path = box.settings.store.path
    path.write_bytes(b"overwritten " * 1000)
    await asyncio.to_thread(store.make_ready, path)  # and the power goes
    for _ in range(2):  # it goes again before the time is known, which is when people are told
        await box.stop()
        await box.start()
        assert box.store.mended is not None
        assert box.store.mended.detail() == "not_a_store anew"
        assert box.store.mended.kept is not None
        assert box.store.mended.kept.read_bytes().startswith(b"overwritten")
        await box.settle()
        assert [a for a in await box.alerts() if a.subject == "gateway/store"] == []
    box.app.watch.tick(box.clock.now())
    await box.settle()
    assert [a.state for a in await box.alerts() if a.subject == "gateway/store"] == ["open"]
    await box.stop()
    await box.start()
    assert box.store.mended is None
