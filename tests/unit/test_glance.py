"""What the page may know: the running gateway's belief and store, as plain values."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest

from alerts.model import AlertState, Outcome
from config.settings import load
from devices.reading import Kind, Reading, Refusal
from gateway.app import App
from gateway.glance import Glance
from gateway.recall import Recall
from gateway.store import Store
from gateway.web.view import DecisionRefusedError, UnknownAlertError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 08:00 in the home

HOME = """
[home]
id = "h1"
[bed]
code = "B-1"
address = "幸福路 1 号"
how_to_enter = "敲门"
[resident]
name = "李秀兰"
birth_year = 1941
ability_level = 1
[[rooms]]
id = "bedroom"
name = "卧室"
kind = "bedroom"
[[rooms]]
id = "hall"
name = "门厅"
kind = "hall"
[[devices]]
id = "strap"
dialect = "native"
role = "bed"
room = "bedroom"
name = "床带"
[[devices]]
id = "pir"
dialect = "native"
role = "motion"
room = "hall"
name = "门厅感应"
[[devices]]
id = "pendant"
dialect = "native"
role = "sos"
name = "挂坠"
[limits]
false_alarms_a_month = 0
[[ladder]]
contact = "hook"
channels = ["webhook"]
after_s = 0
url = "http://127.0.0.1:9/none"
"""


class Still:
    """A clock that the test sets."""

    trusted, astray = True, False

    def __init__(self) -> None:
        self.at = MORNING

    def now(self) -> datetime:
        return self.at

    def check(self) -> None:
        return None


class Home:
    """A gateway without a broker, whose readings the test makes."""

    def __init__(self, app: App, clock: Still) -> None:
        self.app, self.clock, self.glance = app, clock, Glance(app)

    async def says(self, device: str, kind: Kind, *, value: bool | float | str, minutes: float) -> None:
        self.clock.at = MORNING + timedelta(minutes=minutes)
        self.app.watch.see(Reading(device_id=device, kind=kind, value=value, at=self.clock.at))
        done = asyncio.Event()
        self.app.watch.journal.after_commit(done.set)
        self.app.watch.journal.commit_within(0.0)
        await done.wait()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    (tmp_path / "home.toml").write_text(HOME, "utf-8")
    settings = load(tmp_path / "home.toml", {})
    store, clock = await Store.open(settings.store.path), Still()
    recall = await Recall.open(settings.store.path)
    async with aiohttp.ClientSession() as http:
        app = App(settings, {}, store=store, recall=recall, clock=clock)
        await app.assemble(http)
        writing = asyncio.create_task(app.watch.journal.run())
        yield Home(app, clock)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    await recall.close()
    await store.close()


async def test_one_glance_says_where_she_is_since_when_and_what_was_last(home: Home):
    await home.says("pir", Kind.MOTION, value=True, minutes=5)
    await home.says("pendant", Kind.BATTERY, value=9.0, minutes=6)
    home.clock.at = MORNING + timedelta(minutes=35)
    status = home.glance.status()
    assert status.presence.place == "home"
    assert status.last_sign is not None
    assert (status.last_sign.room, status.last_sign.device) == ("门厅", "门厅感应")
    assert status.silent_for_s == 30 * 60
    assert status.inactivity_limit_s == 4 * 3600
    assert [(d.id, d.ok, d.battery_percent, d.battery_low) for d in status.devices] == [
        ("strap", False, None, False),
        ("pir", True, None, False),
        ("pendant", True, 9.0, True),
    ]
    assert [(part.name, part.ok) for part in status.watch] == [("store", True), ("clock", True)]
    assert status.coverage is not None
    assert (status.coverage.longest_s, status.coverage.limit_s) == (12 * 3600 + 30, 45_000)
    assert [(spot.room, spot.longest_s) for spot in status.coverage.spots] == [
        ("卧室", 43_230.0), ("门厅", 43_230.0),
    ]  # fmt: skip
    assert home.glance.status().coverage is status.coverage  # worked out once for each change


async def test_the_longest_unseen_time_is_exported_and_has_no_bound_before_anything_was_heard(home: Home):
    app = home.app
    app.metrics.show_silences(app.settings.devices, app.watch.rules.home, app.watch.belief.state, home.clock.at)
    assert app.metrics.registry.get_sample_value("shouwang_longest_unseen_seconds") == float("inf")
    await home.says("pir", Kind.MOTION, value=True, minutes=5)
    app.watch.tick(MORNING + timedelta(minutes=6))
    app.metrics.show_silences(app.settings.devices, app.watch.rules.home, app.watch.belief.state, home.clock.at)
    assert app.metrics.registry.get_sample_value("shouwang_longest_unseen_seconds") == 43_230.0


async def test_the_day_is_told_without_repeats_and_with_what_stood_before(home: Home):
    await home.says("strap", Kind.BED, value=True, minutes=-700)
    await home.says("strap", Kind.BED, value=True, minutes=-650)
    await home.says("strap", Kind.BED, value=False, minutes=10)
    await home.says("pir", Kind.MOTION, value=True, minutes=11)
    day = await home.glance.timeline(since=MORNING, until=MORNING + timedelta(hours=1), limit=100)
    told = [(h.source, h.kind, h.value, h.room, round((h.at - MORNING).total_seconds() / 60)) for h in day]
    assert ("reading", "bed", True, "卧室", 0) in told
    assert ("reading", "bed", False, "卧室", 10) in told
    assert ("reading", "motion", True, "门厅", 11) in told
    assert ("presence", "home", "", "", 10) in told
    assert [h for h in told if h[1] == "bed" and h[4] < 0] == []


async def test_a_decision_is_committed_before_it_is_answered(home: Home):
    await home.says("pendant", Kind.SOS, value="press", minutes=1)
    (alert,) = home.glance.status().live
    taken = await home.glance.decide(alert.key, "acknowledge", by="女儿", outcome=None, note="")
    assert (taken.state, taken.by) == (AlertState.ACKNOWLEDGED, "女儿")
    assert await home.app.recall.alerts(5) == [taken]
    closed = await home.glance.decide(alert.key, "close", by="女儿", outcome=Outcome.TEST, note="试按")
    assert closed.state is AlertState.CLOSED
    assert await home.glance.alerts(live=True, limit=5) == []
    assert await home.glance.alerts(live=False, limit=5) == [closed]
    day = await home.glance.timeline(since=MORNING, until=MORNING + timedelta(hours=1), limit=100)
    assert [h.value for h in day if h.source == "alert"] == ["open", "acknowledged", "closed"]


async def test_decisions_that_cannot_be_are_refused_by_name(home: Home):
    with pytest.raises(UnknownAlertError):
        await home.glance.decide("none", "acknowledge", by="x", outcome=None, note="")
    await home.says("pendant", Kind.SOS, value="press", minutes=1)
    (alert,) = home.glance.status().live
    with pytest.raises(DecisionRefusedError) as refused:
        await home.glance.decide(alert.key, "close", by="x", outcome=None, note="")
    assert refused.value.reason == "no_outcome"


async def test_news_wakes_whoever_waits_for_it(home: Home):
    await home.says("pir", Kind.MOTION, value=True, minutes=0)
    first = await home.glance.changed(0)
    waiting = asyncio.create_task(home.glance.changed(first))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await home.says("pir", Kind.MOTION, value=True, minutes=1)
    assert await asyncio.wait_for(waiting, 1) > first


async def test_without_a_broker_nobody_keeps_watch_and_the_page_is_told(home: Home):
    health = home.glance.health()
    assert not health.watching
    assert "broker_down" in health.troubles


async def test_refusals_are_kept_for_the_installer(home: Home):
    for _ in range(3):
        home.app.watch.journal.refuse(Refusal(reason="not_json", topic="a/b", detail="d"), MORNING)
    await home.says("pir", Kind.MOTION, value=True, minutes=1)
    (refused,) = await home.glance.refusals(10)
    assert (refused.reason, refused.topic, refused.count) == ("not_json", "a/b", 3)
