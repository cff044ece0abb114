"""The home's end of the wire: decisions once, answers every time, receipts, and garbage; then both ends in memory."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.channels.briefs import Briefs
from alerts.channels.station import StationChannel
from alerts.model import AlertState, Cause, DeliveryState, Outcome
from alerts.station.desk import Desk
from alerts.station.settings import HomeEntry, SecretRef, StationSettings
from alerts.station.store import open_store
from alerts.wire import Action, Decision, DecisionReceipt, Receipt, seal
from gateway import household, journal
from tests.crashing_box import SECRET, T0, Box, seconds, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from alerts.model import Alert

KEY = SECRET.encode()


def peace(_commit: int, _this_life: int) -> str:
    return ""


@pytest.fixture
async def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Box]:
    monkeypatch.setattr(journal, "SOON_S", 0.0)
    made = Box(settings_of(tmp_path, commit_wait_s=0), peace, monkeypatch)
    await made.start()
    await made.settle()
    yield made
    await made.stop()


async def pressed(box: Box) -> str:
    """Opens an emergency and gives its key."""
    await box.says("button", {"action": "emergency"})
    (key,) = box.app.watch.belief.alerts
    return key


def refused(box: Box) -> dict[str, int]:
    samples = next(iter(box.app.metrics.refusals.collect())).samples
    return {s.labels["reason"]: int(s.value) for s in samples if s.name.endswith("_total")}


async def test_a_decision_is_applied_once_and_answered_every_time(box: Box):
    key = await pressed(box)
    name = await box.decides_on(key, Action.ACKNOWLEDGED, name="d1")
    for _ in range(3):
        await box.decides_on(key, Action.ACKNOWLEDGED, name="d1")
    answer = DecisionReceipt(id=name, state=AlertState.ACKNOWLEDGED)
    assert box.answers() == [answer] * 4
    alert = box.app.watch.belief.alerts[key]
    assert (alert.state, alert.by, alert.revision) == (AlertState.ACKNOWLEDGED, "王", 2)
    assert box.station.kept == {}


async def test_a_decision_repeated_after_a_restart_is_still_the_same_one(box: Box):
    key = await pressed(box)
    name = await box.decides_on(key, Action.ACKNOWLEDGED, name="d1")
    await box.stop()
    await box.start()
    await box.decides_on(key, Action.ACKNOWLEDGED, name="d1")
    assert box.answers() == [DecisionReceipt(id=name, state=AlertState.ACKNOWLEDGED)] * 2
    assert box.app.watch.belief.alerts[key].revision == 2


async def test_a_repeated_decision_does_not_take_what_has_happened_since(box: Box):
    key = await pressed(box)
    await box.decides_on(key, Action.ACKNOWLEDGED, name="d1")
    box.clock.at += seconds(60)
    await box.says("button", {"action": "emergency", "linkquality": 3})
    await box.decides_on(key, Action.ACKNOWLEDGED, name="d1")
    assert box.app.watch.belief.alerts[key].state is AlertState.OPEN


async def test_what_cannot_be_done_is_answered_by_name(box: Box):
    key = await pressed(box)
    unknown = await box.decides_on("emergency:nobody", Action.ACKNOWLEDGED)
    no_outcome = await box.decides_on(key, Action.CLOSED)
    closed = await box.decides_on(key, Action.CLOSED, Outcome.TRUE_ALARM)
    gone = await box.decides_on(key, Action.ATTENDED)
    assert box.answers() == [
        DecisionReceipt(id=unknown, state=None, refused="unknown_alert"),
        DecisionReceipt(id=no_outcome, state=None, refused="no_outcome"),
        DecisionReceipt(id=closed, state=AlertState.CLOSED),
        DecisionReceipt(id=gone, state=None, refused="unknown_alert"),
    ]


async def test_who_sets_out_is_known_and_why_it_was_a_false_alarm(box: Box):
    key = await pressed(box)
    await box.decides_on(key, Action.ACKNOWLEDGED)
    box.clock.at += seconds(30)
    await box.decides_on(key, Action.SET_OUT)
    alert = box.app.watch.belief.alerts[key]
    assert (alert.state, alert.set_out_at) == (AlertState.ACKNOWLEDGED, box.clock.at)
    wrong = await box.decides_on(key, Action.CLOSED, Outcome.TRUE_ALARM, cause=Cause.PET)
    right = await box.decides_on(key, Action.CLOSED, Outcome.FALSE_ALARM, cause=Cause.PET)
    assert box.answers()[2:] == [
        DecisionReceipt(id=wrong, state=None, refused="no_false_alarm"),
        DecisionReceipt(id=right, state=AlertState.CLOSED),
    ]
    (closed,) = await box.recall.alerts(1)
    assert (closed.outcome, closed.cause) == (Outcome.FALSE_ALARM, Cause.PET)


async def test_an_illegal_step_is_answered_with_the_state_that_forbids_it(box: Box, monkeypatch: pytest.MonkeyPatch):
    key = await pressed(box)
    alert = replace(box.app.watch.belief.alerts[key], state=AlertState.PENDING)
    box.app.watch.belief = replace(box.app.watch.belief, alerts={key: alert})
    name = await box.decides_on(key, Action.ATTENDED)
    assert box.answers() == [DecisionReceipt(id=name, state=AlertState.PENDING, refused="illegal_step")]


async def test_a_receipt_marks_its_delivery_and_nothing_else(box: Box):
    box.far.unreachable = True
    await pressed(box)
    row = next(row for row in await box.recall.under_way() if row.contact == "station")
    receipt = Receipt(delivery_id=row.id, alert_key=row.alert_key, revision=1, stored_at=T0)
    other = replace(receipt, delivery_id="0" * 32)
    for body in (other, receipt, receipt):
        box.station.say(box.topics.receipt, seal(body, box.topics.receipt, KEY))
        await box.settle()
    states = await box.deliveries()
    assert states.pop(row.id) is DeliveryState.RECEIPTED
    assert set(states.values()) == {DeliveryState.DUE}
    assert box.station.kept == {}


async def test_a_station_that_is_further_than_a_home_that_has_forgotten_is_outdone(box: Box):
    key = await pressed(box)
    row = next(row for row in await box.recall.under_way() if row.contact == "station")
    behind = Receipt(delivery_id=row.id, alert_key=key, revision=40, stored_at=T0)
    for body in (replace(behind, alert_key="emergency:gone"), behind, replace(behind, revision=41)):
        box.station.say(box.topics.receipt, seal(body, box.topics.receipt, KEY))
        await box.settle()
    assert box.app.watch.belief.alerts[key].revision == 41
    told = [d for d in await box.recall.deliveries(key) if d.contact == "station" and d.revision == 41]
    assert [delivery.state for delivery in told] == [DeliveryState.RECEIPTED]


async def test_garbage_is_refused_counted_and_acknowledged(box: Box):
    key = await pressed(box)
    topic = box.topics.decision
    decision = Decision(id="0" * 32, alert_key=key, revision=1, action=Action.ACKNOWLEDGED, by="王", at=T0)
    sealed = seal(decision, topic, KEY)
    altered, strange = sealed.replace("王".encode(), b"x"), seal(decision, topic, b"k" * 32)
    for payload in (b"", b"\xff", b"{}", sealed[:-20], altered, strange):
        box.station.say(topic, payload)
    box.station.say(box.topics.receipt, sealed)
    await box.settle()
    assert sum(refused(box).values()) == 7
    assert box.app.watch.belief.alerts[key].state is AlertState.OPEN
    assert box.station.kept == {}
    assert box.answers() == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
async def test_no_bytes_raise_anything(box: Box, payload: bytes):
    box.station.say(box.topics.decision, payload)
    box.station.say(box.topics.receipt, payload)
    assert box.station.kept == {}


class Joined:
    """A home and a station's desk with nothing but memory between them."""

    def __init__(self, box: Box, desk: Desk) -> None:
        self.box, self.desk = box, desk
        self._carried = 0

    async def put_aside(self, folder: Path) -> Path:
        """A backup of the station's store."""
        backup = folder / "backup.db"
        await self.desk._store.read(lambda db: db.execute("VACUUM INTO ?", (str(backup),)))
        return backup

    async def put_back(self, backup: Path) -> None:
        """The backup in the store's place, as a person would put it there while the station is stopped."""
        settings, secrets = self.desk.settings, self.desk._secrets
        await self.desk._store.close()
        for name in ("", "-wal", "-shm"):
            settings.store.with_name(settings.store.name + name).unlink(missing_ok=True)
        shutil.copy(backup, settings.store)
        self.desk = Desk(await open_store(settings.store), settings, secrets, self.box.clock.now)

    async def carry(self) -> None:
        """Carries whatever either end has said to the other until both have nothing to say."""
        while True:
            await self.box.settle()
            said = self.box.station.published[self._carried :]
            self._carried = len(self.box.station.published)
            replies = await self.desk.hear(said) if said else []
            for packet in (*replies, *(await self.desk.unsent()).values()):
                self.box.station.say(*packet)
            if not said and not replies and not await self.desk.unsent():
                return


@pytest.fixture
async def joined(box: Box, tmp_path: Path) -> AsyncIterator[Joined]:
    entry = HomeEntry(secret=SecretRef(env="KEY"), bed_code="B-1", name="测试")
    staff = {"李护士": PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("unused")}
    station = StationSettings(name="驿站", store=tmp_path / "station.db", homes={"home-1": entry}, staff=staff)
    store = await open_store(station.store)
    briefs = Briefs(household.bed_of(box.settings), box.settings.home.timezone)
    channel = StationChannel(box.app.uplink.paths, KEY, briefs=briefs, now=box.clock.now)
    box.app.dispatcher._lanes["station", "station"].channel = channel
    joined = Joined(box, Desk(store, station, {"home-1": KEY}, box.clock.now))
    yield joined
    await joined.desk._store.close()


async def test_a_press_is_stored_at_the_station_taken_there_and_known_in_the_home(joined: Joined):
    key = await pressed(joined.box)
    await joined.carry()
    (shown,) = await joined.desk.live()
    assert (shown["alert_key"], shown["state"], shown["count"]) == (key, "open", 1)
    assert sorted((await joined.box.deliveries()).values()).count(DeliveryState.RECEIPTED) == 1
    await joined.desk.decide(shown["id"], Action.ACKNOWLEDGED, by="李护士")
    await joined.carry()
    alert = joined.box.app.watch.belief.alerts[key]
    assert (alert.state, alert.by) == (AlertState.ACKNOWLEDGED, "李护士")
    joined.box.clock.at += seconds(30)
    await joined.box.says("button", {"action": "emergency", "linkquality": 5})
    await joined.carry()
    (again,) = await joined.desk.live()
    assert (again["id"], again["state"], again["count"]) == (shown["id"], "open", 2)
    await joined.desk.decide(again["id"], Action.CLOSED, by="李护士", outcome=Outcome.TRUE_ALARM)
    await joined.carry()
    assert joined.box.app.watch.belief.alerts == {}
    (closed,) = await joined.box.alerts()
    assert (closed.state, closed.outcome, closed.by) == (AlertState.CLOSED, Outcome.TRUE_ALARM, "李护士")
    assert await joined.desk.live() == []


async def test_tellings_repeated_without_a_receipt_are_one_alert_at_the_station(joined: Joined):
    key = await pressed(joined.box)
    first = list(joined.box.station.published)
    await joined.desk.hear(first)  # its receipt is lost
    for _ in range(3):
        await joined.box.pass_to(joined.box.clock.at + seconds(11))
    assert len(joined.box.station.published) == 4
    await joined.carry()
    (shown,) = await joined.desk.live()
    assert (shown["alert_key"], shown["count"]) == (key, 1)
    due = [row for row in await joined.box.recall.under_way() if row.contact == "station"]
    assert all(row.due_at > joined.box.clock.at for row in due)


async def test_a_heartbeat_is_answered_and_what_it_confirms_is_kept(joined: Joined):
    uplink = joined.box.app.uplink
    assert uplink is not None
    await beats(joined)
    state = uplink.paths.states["main"]
    assert (state.heard, state.good, state.waiting) == (True, True, False)
    kept = await joined.box.recall.paths()
    assert kept["main"].at == joined.box.clock.at
    assert kept["main"].sequence >> 32 == 1, "the first start"


@pytest.mark.parametrize("failures", [0, 1])
async def test_a_station_put_back_to_an_old_backup_is_told_again_what_it_has_forgotten(
    joined: Joined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int
):
    box = joined.box
    fail_to_read(box, failures, monkeypatch)
    await beats(joined)
    backup = await joined.put_aside(tmp_path)
    joined.box.clock.at += seconds(60)
    key = await pressed(box)
    await joined.carry()
    taken, gone = (await joined.desk.live())[0], box.clock.at
    await joined.desk.decide(taken["id"], Action.ACKNOWLEDGED, by="李护士")
    await joined.carry()
    await beats(joined, after_s=50)
    await joined.put_back(backup)
    assert await joined.desk.live() == []
    for _ in range(failures + 1):
        await beats(joined, after_s=50)
    await until(lambda: box.app.uplink._beats.told_again is not None)
    await joined.carry()
    (shown,) = [alert for alert in await joined.desk.live() if alert["home"]]
    assert (shown["alert_key"], shown["state"], shown["acknowledged_by"]) == (key, "acknowledged", "李护士")
    assert shown["since"] == gone.isoformat(timespec="microseconds")
    assert [a["kind"] for a in await joined.desk.live() if not a["home"]] == ["station_restored"]
    told = len(box.station.published)
    await beats(joined, after_s=50)
    assert len(box.station.published) == told + 1, "only the heartbeat: it has told everything, and said so"


def fail_to_read(box: Box, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that cannot tell what the station had been told, so many times."""
    read, failures = box.recall.alerts_told, [sqlite3.OperationalError("disk I/O error")] * times

    async def read_or_fail(contact: str, since: datetime) -> list[Alert]:
        if failures:
            raise failures.pop()
        return await read(contact, since)

    monkeypatch.setattr(box.recall, "alerts_told", read_or_fail)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the store is read in a thread of its own
            await asyncio.sleep(0.01)


async def beats(joined: Joined, after_s: float = 0.0) -> None:
    """The home's time passes, and its heartbeat is due."""
    uplink = joined.box.app.uplink
    assert uplink is not None
    joined.box.clock.at += seconds(after_s)
    path = uplink.paths.all["main"]
    path.state = replace(path.state, due_s=0.0)
    uplink.tick(awake=True)
    await joined.carry()
    await joined.box.settle()
    await joined.carry()
