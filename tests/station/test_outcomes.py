"""Who set out, who never arrived, what false alarms came from, what a month came to, and what is forgotten."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from alerts.model import AlertKind, AlertState, Cause, Outcome, Severity
from alerts.station import migrate, store
from alerts.station.decisions import RefusedError
from alerts.station.statistics import bounds, month_of
from alerts.wire import Action, DecisionReceipt
from tests.station.ends import START

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alerts.model import Alert
    from tests.station.ends import HomeEnd, StationEnd

HOHHOT = ZoneInfo("Asia/Shanghai")


async def the_alert(station: StationEnd) -> dict[str, Any]:
    (alert,) = await station.desk.live()
    return alert


async def test_who_set_out_is_written_down_told_to_the_home_and_refused_twice(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    alert = await the_alert(station)
    await station.desk.decide(alert["id"], Action.ACKNOWLEDGED, by="李护士")
    station.passes(30)
    await station.desk.decide(alert["id"], Action.SET_OUT, by="王师傅")
    alert = await the_alert(station)
    assert (alert["state"], alert["set_out_by"], alert["set_out_at"]) == (
        "acknowledged",
        "王师傅",
        "2026-03-01T02:00:30.000000+00:00",
    )
    with pytest.raises(RefusedError, match="王师傅 is already on the way"):
        await station.desk.decide(alert["id"], Action.SET_OUT, by="李护士")
    (packet,) = (await station.desk.unsent()).values()
    taken = home.decision(packet)
    await station.desk.hear([_receipt(home, taken.id, AlertState.ACKNOWLEDGED)])
    (packet,) = (await station.desk.unsent()).values()
    assert home.decision(packet).action is Action.SET_OUT
    await station.desk.decide(alert["id"], Action.ATTENDED, by="王师傅")
    with pytest.raises(RefusedError, match="already there"):
        await station.desk.decide(alert["id"], Action.SET_OUT, by="李护士")


async def test_setting_out_takes_an_alert_that_nobody_had(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    await station.desk.decide((await the_alert(station))["id"], Action.SET_OUT, by="王师傅")
    alert = await the_alert(station)
    assert (alert["state"], alert["acknowledged_by"], alert["untaken"]) == ("acknowledged", "王师傅", False)


async def test_an_alert_that_nobody_reached_waits_again(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    await station.desk.decide((await the_alert(station))["id"], Action.SET_OUT, by="王师傅")
    (packet,) = (await station.desk.unsent()).values()
    await station.desk.hear([_receipt(home, home.decision(packet).id, AlertState.ACKNOWLEDGED)])
    station.passes(1080)
    overdue = press(revision=3, updated_at=station.at, evidence={"overdue_by": "王师傅", "overdue_s": 1080.0})
    await station.desk.hear([home.tells("d2", overdue)])
    alert = await the_alert(station)
    assert (alert["state"], alert["untaken"], alert["overdue_by"]) == ("open", True, "王师傅")
    assert (alert["acknowledged_at"], alert["set_out_at"], alert["set_out_by"]) == (None, None, "")
    assert alert["waiting_since"] == "2026-03-01T02:18:00.000000+00:00"
    await station.desk.decide(alert["id"], Action.ACKNOWLEDGED, by="李护士")
    alert = await the_alert(station)
    assert (alert["overdue_by"], alert["acknowledged_by"]) == ("", "李护士")


async def test_a_home_that_refused_a_decision_leaves_the_alert_with_nobody(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    await station.desk.decide((await the_alert(station))["id"], Action.SET_OUT, by="王师傅")
    (packet,) = (await station.desk.unsent()).values()
    await station.desk.hear([_receipt(home, home.decision(packet).id, AlertState.OPEN, "pressed_again")])
    alert = await the_alert(station)
    assert (alert["state"], alert["refused"], alert["acknowledged_by"], alert["set_out_at"]) == (
        "open",
        "pressed_again",
        "",
        None,
    )


async def test_what_the_home_knows_of_who_is_on_the_way_is_shown(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    going = press(state=AlertState.ACKNOWLEDGED, by="女儿", acknowledged_at=START, set_out_at=START, revision=3)
    await station.desk.hear([home.tells("d1", going)])
    alert = await the_alert(station)
    assert (alert["acknowledged_by"], alert["set_out_by"], alert["overdue_by"]) == ("女儿", "女儿", "")


async def test_only_a_false_alarm_has_a_cause(station: StationEnd, home: HomeEnd, press: Callable[..., Alert]) -> None:
    await station.desk.hear([home.tells("d1", press())])
    number = (await the_alert(station))["id"]
    with pytest.raises(RefusedError, match="only a false alarm"):
        await station.desk.decide(number, Action.CLOSED, by="李护士", outcome=Outcome.TRUE_ALARM, cause=Cause.PET)
    with pytest.raises(RefusedError, match="only a false alarm"):
        await station.desk.decide(number, Action.ACKNOWLEDGED, by="李护士", cause=Cause.PET)
    await station.desk.decide(number, Action.CLOSED, by="李护士", outcome=Outcome.FALSE_ALARM, cause=Cause.PET)
    (closed,) = await station.desk.closed(5)
    assert (closed["outcome"], closed["cause"]) == ("false_alarm", "pet")
    (packet,) = (await station.desk.unsent()).values()
    assert home.decision(packet).cause is Cause.PET


async def test_a_test_is_marked_by_its_alert_and_counted_nowhere(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    trial = press("test:1", kind=AlertKind.TEST, severity=Severity.WARNING, test=True)
    await station.desk.hear([home.tells("d1", trial), home.tells("d2", press(severity=Severity.WARNING))])
    live = await station.desk.live()
    assert [(alert["kind"], alert["test"]) for alert in live] == [("emergency", False), ("test", True)]
    assert "shouwang_station_live_alerts 1.0" in station.desk.metrics.text().decode()


async def closes(  # noqa: PLR0917 - the facts of one alert, in the order in which they come about
    station: StationEnd, home: HomeEnd, alert: Alert, waits_s: float, outcome: Outcome, cause: Cause | None = None
) -> None:
    """Tells an alert, takes it after so long, and closes it."""
    await station.desk.hear([home.tells(alert.key, alert)])
    found = await the_alert(station)
    station.passes(waits_s)
    await station.desk.decide(found["id"], Action.ACKNOWLEDGED, by="李护士")
    await station.desk.decide(found["id"], Action.CLOSED, by="李护士", outcome=outcome, cause=cause)


async def test_a_month_counts_what_people_found(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await closes(station, home, press("a"), 20, Outcome.TRUE_ALARM)
    await closes(station, home, press("b"), 40, Outcome.FALSE_ALARM, Cause.PET)
    await closes(station, home, press("c"), 170, Outcome.FALSE_ALARM)
    await closes(station, home, press("d", kind=AlertKind.FALL), 300, Outcome.FALSE_ALARM, Cause.PET)
    await closes(station, home, press("e", kind=AlertKind.TEST, test=True), 5, Outcome.TEST)
    await closes(station, home, press("f"), 5, Outcome.TEST)  # somebody pressed to try, without the guide
    await closes(station, home, press("g", kind=AlertKind.BATTERY, severity=Severity.FAULT), 5, Outcome.FIXED)
    await station.desk.hear([home.tells("h", press("h", state=AlertState.CANCELLED))])
    assert await station.desk.statistics("") == {
        "month": "2026-03",
        "outcomes": {"false_alarm": 3, "true_alarm": 1},
        "causes": {"pet": 2, "unknown": 1},
        "kinds": {"emergency": {"false_alarm": 2, "true_alarm": 1}, "fall": {"false_alarm": 1}},
        "tests": 2,
        "cancelled": 1,
        "faults": 1,
        "taken": {"count": 4, "median_s": 105.0, "p95_s": 280.5, "within_60_s": 2, "within_180_s": 3},
    }
    assert (await station.desk.statistics("2026-02"))["taken"] == {"count": 0}


def test_a_month_is_the_stations_own() -> None:
    start, end = bounds("2026-12", HOHHOT)
    assert (start.isoformat(), end.isoformat()) == ("2026-11-30T16:00:00+00:00", "2026-12-31T16:00:00+00:00")
    assert month_of(start, HOHHOT) == "2026-12"
    assert month_of(start - timedelta(seconds=1), HOHHOT) == "2026-11"


async def test_what_was_closed_long_ago_is_forgotten_and_nothing_else(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await closes(station, home, press("old"), 5, Outcome.TRUE_ALARM)
    await station.desk.hear([home.tells("open", press("open"))])
    station.passes(86_400 * 400 + 60)
    await station.desk.hear([home.tells("young", press("young"))])
    (young,) = [alert for alert in await station.desk.live() if alert["alert_key"] == "young"]
    await station.desk.decide(young["id"], Action.CLOSED, by="李护士", outcome=Outcome.TRUE_ALARM)
    await station.desk.prune()
    assert await station.rows("SELECT key FROM alerts ORDER BY key") == [("open",), ("young",)]
    assert await station.rows("SELECT delivery_id FROM deliveries") == [("young",)]
    assert await station.rows("SELECT count(*) FROM decisions") == [(1,)]


async def test_a_store_of_the_version_before_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate.migrate(connection, migrate.migrations()[:2])
    connection.close()
    opened = await store.open_store(path)
    columns = await opened.read(lambda db: {row["name"] for row in db.execute("PRAGMA table_info(alerts)")})
    assert {"set_out_at", "set_out_by", "cause"} <= columns
    await opened.close()


def _receipt(home: HomeEnd, decision: str, state: AlertState, refused: str = "") -> tuple[str, bytes]:
    return home.says(home.topics.decision_receipt, replace(DecisionReceipt(id=decision, state=state), refused=refused))
