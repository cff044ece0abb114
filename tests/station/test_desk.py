"""Both ends of the wire joined in memory: no broker, no web server, a real store."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.model import AlertState, Outcome, Severity
from alerts.station.decisions import RefusedError
from alerts.station.listening import Sign
from alerts.wire import Action, DecisionReceipt, Receipt
from tests.station.ends import START, press

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.model import Alert
    from alerts.wire import Decision
    from tests.station.ends import HomeEnd, StationEnd


async def only_alert(station: StationEnd) -> dict[str, Any]:
    (alert,) = await station.desk.live()
    return alert


async def decided(station: StationEnd, home: HomeEnd, action: Action = Action.ACKNOWLEDGED, **more: object) -> Decision:
    """A person acts on the only alert; returns the decision as the home reads it."""
    alert = await only_alert(station)
    await station.desk.decide(alert["id"], action, by="李护士", **more)
    (packet,) = (await station.desk.unsent()).values()
    return home.decision(packet)


def receipted(home: HomeEnd, decision: Decision, state: AlertState | None, refused: str = "") -> tuple[str, bytes]:
    return home.says(home.topics.decision_receipt, DecisionReceipt(id=decision.id, state=state, refused=refused))


async def test_an_alert_is_stored_and_then_receipted(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    (reply,) = await station.desk.hear([home.tells("d1", press())])
    assert home.receipt(reply) == Receipt(
        delivery_id="d1", alert_key="emergency:sos/1", revision=1, stored_at=station.at
    )
    alert = await only_alert(station)
    assert (alert["alert_key"], alert["state"], alert["untaken"], alert["told"]) == ("emergency:sos/1", "open", True, 1)
    assert alert["bed"]["address"] == "新城区海拉尔大街 12 号 3 单元 402"
    assert (alert["age"], alert["room"]) == (85, "卫生间")
    assert alert["brief"]["zh"]["title"].startswith("紧急呼叫")
    assert alert["received"] == "2026-03-01T02:00:00.000000+00:00"


async def test_a_repeated_telling_gets_the_same_receipt_and_no_second_row(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    packet = home.tells("d1", press())
    (first,) = await station.desk.hear([packet])
    station.passes(60)
    await station.restart()
    (second,) = await station.desk.hear([packet])
    assert second == first
    assert await station.rows("SELECT count(*), max(told) FROM alerts") == [(1, 1)]
    twice = await station.desk.hear([packet, packet])
    assert twice == [first, first]


async def test_a_second_round_is_told_again_on_the_same_alert(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    station.passes(60)
    await station.desk.hear([home.tells("d2", press())])
    alert = await only_alert(station)
    assert (alert["told"], alert["told_at"]) == (2, "2026-03-01T02:01:00.000000+00:00")
    assert alert["waiting_since"] == "2026-03-01T02:00:00.000000+00:00"


async def test_a_decision_goes_out_until_the_home_has_it_over_restarts(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    decision = await decided(station, home, revision=1)
    assert (decision.alert_key, decision.revision, decision.action) == ("emergency:sos/1", 1, Action.ACKNOWLEDGED)
    assert (decision.by, decision.at) == ("李护士", station.at)
    await station.restart()
    (again,) = (await station.desk.unsent()).values()
    assert home.decision(again) == decision
    await station.desk.hear([receipted(home, decision, AlertState.ACKNOWLEDGED)])
    assert await station.desk.unsent() == {}
    alert = await only_alert(station)
    assert (alert["state"], alert["by"], alert["on_the_way"]) == ("acknowledged", "李护士", 0)
    assert alert["acknowledged_at"] == "2026-03-01T02:00:00.000000+00:00"


async def test_decisions_about_one_alert_go_out_in_their_order(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    first = await decided(station, home)
    alert = await only_alert(station)
    await station.desk.decide(alert["id"], Action.ATTENDED, by="王师傅")
    await station.desk.decide(alert["id"], Action.CLOSED, by="王师傅", outcome=Outcome.TRUE_ALARM, note="已送医")
    assert [home.decision(packet) for packet in (await station.desk.unsent()).values()] == [first]
    await station.desk.hear([receipted(home, first, AlertState.ACKNOWLEDGED)])
    (packet,) = (await station.desk.unsent()).values()
    attended = home.decision(packet)
    assert attended.action is Action.ATTENDED
    await station.desk.hear([receipted(home, attended, AlertState.ATTENDED)])
    (packet,) = (await station.desk.unsent()).values()
    closed = home.decision(packet)
    assert (closed.action, closed.outcome, closed.note) == (Action.CLOSED, Outcome.TRUE_ALARM, "已送医")
    await station.desk.hear([receipted(home, closed, AlertState.CLOSED)])
    assert await station.desk.live() == []
    (row,) = await station.desk.closed(10)
    assert (row["acknowledged_by"], row["attended_by"], row["closed_by"]) == ("李护士", "王师傅", "王师傅")


async def test_another_press_after_acceptance_rings_again(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    decision = await decided(station, home)
    station.passes(30)
    again = press(revision=2, count=2, updated_at=station.at, last_at=station.at)
    await station.desk.hear([home.tells("d2", again)])
    alert = await only_alert(station)
    assert (alert["state"], alert["count"], alert["untaken"]) == ("open", 2, True)
    assert (alert["acknowledged_at"], alert["waiting_since"]) == (None, "2026-03-01T02:00:30.000000+00:00")
    await station.desk.hear([receipted(home, decision, AlertState.ACKNOWLEDGED)])
    assert (await only_alert(station))["untaken"], "the receipt is about the first press only"


@pytest.mark.parametrize(("count", "state"), [(2, "open"), (3, "acknowledged")])
async def test_a_home_that_went_back_takes_no_press_that_it_does_not_know(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert], count: int, state: str
) -> None:
    await station.desk.hear([home.tells("d1", press(revision=3, count=3))])
    back = press(revision=10_003, count=count, state=AlertState.ACKNOWLEDGED, acknowledged_at=station.at, by="女儿")
    await station.desk.hear([home.tells("d2", back)])
    assert (await only_alert(station))["state"] == state


async def test_an_older_word_changes_nothing_and_its_receipt_says_how_far_the_station_is(
    station: StationEnd, home: HomeEnd
):
    taken = press(
        revision=9, state=AlertState.CLOSED, outcome=Outcome.TRUE_ALARM, updated_at=START + timedelta(hours=1)
    )
    await station.desk.hear([home.tells("d1", taken)])
    (reply,) = await station.desk.hear([home.tells("d2", press(revision=3))])
    assert home.receipt(reply).revision == 9
    assert await station.desk.live() == []
    (reply,) = await station.desk.hear([home.tells("d3", press(revision=10))])
    assert home.receipt(reply).revision == 10
    assert [alert["state"] for alert in await station.desk.live()] == ["open"]


async def test_the_homes_older_word_does_not_undo_a_decision_on_its_way(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    decision = await decided(station, home)
    later = press(revision=2, state=AlertState.RETURNED, updated_at=station.at + timedelta(seconds=1))
    await station.desk.hear([home.tells("d2", later), home.tells("d3", press())])
    assert (await only_alert(station))["state"] == "acknowledged"
    await station.desk.hear([receipted(home, decision, AlertState.ACKNOWLEDGED)])
    assert (await only_alert(station))["state"] == "acknowledged"


async def test_what_the_family_did_is_taken_over(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    station.passes(5)
    taken = press(
        revision=2, state=AlertState.ACKNOWLEDGED, by="女儿", acknowledged_at=station.at, updated_at=station.at
    )
    await station.desk.hear([home.tells("d2", taken)])
    alert = await only_alert(station)
    assert (alert["state"], alert["by"], alert["untaken"]) == ("acknowledged", "女儿", False)
    cancelled = press(revision=3, state=AlertState.CANCELLED, updated_at=station.at + timedelta(seconds=1))
    await station.desk.hear([home.tells("d3", cancelled)])
    assert await station.desk.live() == []


async def test_a_decision_that_the_home_refuses_is_shown(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    decision = await decided(station, home)
    await station.desk.hear([receipted(home, decision, AlertState.CLOSED, "illegal_step")])
    (alert,) = await station.desk.closed(10)
    assert (alert["state"], alert["refused"]) == ("closed", "illegal_step")


async def test_a_home_that_lost_its_memory_leaves_the_stations_word(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    decision = await decided(station, home)
    await station.desk.hear([receipted(home, decision, None, "unknown_alert")])
    alert = await only_alert(station)
    assert (alert["state"], alert["refused"]) == ("acknowledged", "unknown_alert")


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        ([(Action.ACKNOWLEDGED, {}), (Action.ACKNOWLEDGED, {})], "already_taken"),
        ([(Action.ATTENDED, {}), (Action.ATTENDED, {})], "already_attended"),
        ([(Action.CLOSED, {})], "no_outcome"),
        ([(Action.ACKNOWLEDGED, {"revision": 7})], "changed"),
        ([(Action.CLOSED, {"outcome": Outcome.TEST}), (Action.ATTENDED, {})], "already_closed"),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    station: StationEnd,
    home: HomeEnd,
    press: Callable[..., Alert],
    acts: list[tuple[Action, dict[str, Any]]],
    reason: str,
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    number = (await only_alert(station))["id"]
    *legal, (action, more) = acts
    for act, values in legal:
        await station.desk.decide(number, act, by="李护士", **values)
    before = await station.rows("SELECT * FROM alerts")
    with pytest.raises(RefusedError) as caught:
        await station.desk.decide(number, action, by="王师傅", **more)
    assert caught.value.reason == reason
    assert await station.rows("SELECT * FROM alerts") == before
    with pytest.raises(RefusedError) as caught:
        await station.desk.decide(99, action, by="王师傅", **more)
    assert caught.value.reason == "unknown_alert"


async def test_strangers_and_forgers_are_refused_counted_and_shown(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    topic, payload = home.tells("d1", press())
    packets = [
        ("shouwang-station/v1/home-999/alert", payload),
        ("shouwang-station/v1/home-002/alert", payload),
        ("shouwang-station/v1/home-001/mood", payload),
        ("elsewhere", payload),
        (topic, b"\xff"),
        (topic, payload[:-2]),
    ]
    assert await station.desk.hear(packets) == []
    reasons = [each["reason"] for each in station.desk.refused]
    assert reasons == ["unknown_home", "bad_seal", "unknown_topic", "unknown_home", "not_utf8", "not_json"]
    assert b'shouwang_station_refusals_total{reason="bad_seal"} 1.0' in station.desk.metrics.text()
    assert await station.rows("SELECT count(*) FROM alerts") == [(0,)]


async def test_one_bad_packet_does_not_stop_its_neighbours(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    (reply,) = await station.desk.hear([("x", b""), home.tells("d1", press()), (home.topics.alert, b"{}")])
    assert home.receipt(reply).delivery_id == "d1"


async def test_a_home_cannot_receipt_another_homes_decision(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press())])
    decision = await decided(station, home)
    other = type(home)("home-002", home.secret[::-1])
    await station.desk.hear([receipted(other, decision, AlertState.CLOSED)])
    assert station.desk.refused[-1]["reason"] == "unknown_decision"
    assert len(await station.desk.unsent()) == 1


async def test_two_homes_may_use_one_key(station: StationEnd, home: HomeEnd, press: Callable[..., Alert]) -> None:
    other = type(home)("home-002", home.secret[::-1])
    replies = await station.desk.hear([home.tells("d1", press()), other.tells("d1", press())])
    assert len(replies) == 2
    assert len(await station.desk.live()) == 2


async def test_the_gravest_and_longest_waiting_is_on_top(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.tells("d1", press("a", severity=Severity.WARNING))])
    station.passes(1)
    await station.desk.hear([home.tells("d2", press("b"))])
    station.passes(1)
    await station.desk.hear([home.tells("d3", press("c"))])
    assert [alert["alert_key"] for alert in await station.desk.live()] == ["b", "c", "a"]
    await station.desk.decide((await station.desk.live())[0]["id"], Action.ACKNOWLEDGED, by="李护士")
    assert [alert["alert_key"] for alert in await station.desk.live()] == ["c", "a", "b"]


async def test_a_disk_that_refuses_gives_no_receipt(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.rows("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await station.desk.hear([home.tells(f"d{number}", press(f"k{number}")) for number in range(50)])
    assert await station.desk.live() == []
    await station.rows("PRAGMA max_page_count = 1000000")
    assert len(await station.desk.hear([home.tells("d1", press())])) == 1


async def test_a_silent_home_is_an_alert_of_the_stations_own(
    station: StationEnd, home: HomeEnd, press: Callable[..., Alert]
) -> None:
    await station.desk.hear([home.beats_at(station.at)])
    station.passes(180)
    await station.desk.note_silence("home-001", station.at - timedelta(seconds=180))
    await station.desk.note_silence("home-001", station.at - timedelta(seconds=180))
    alert = await only_alert(station)
    assert (alert["kind"], alert["severity"], alert["state"], alert["told"]) == ("gateway_silent", "warning", "open", 1)
    assert alert["brief"]["zh"] == {
        "title": "守望盒失联 · 王秀英 · HD-0417",
        "sentence": "王秀英家的守望盒从 10:00 起没有消息。这期间家里出事也报不出来。",
        "lines": ["先打电话问老人是否平安", "再查：电源、网络、路由器"],
    }
    station.passes(60)
    await station.desk.hear([home.beats_at(station.at)])
    alert = await only_alert(station)
    assert (alert["state"], alert["untaken"]) == ("returned", True)
    assert alert["recovered_at"] == "2026-03-01T02:04:00.000000+00:00"
    assert "现已恢复" in alert["brief"]["zh"]["sentence"]
    await station.desk.note_silence("home-001", station.at)
    assert (await only_alert(station))["count"] == 2
    await station.desk.decide((await only_alert(station))["id"], Action.ACKNOWLEDGED, by="李护士")
    await station.desk.decide((await only_alert(station))["id"], Action.CLOSED, by="李护士", outcome=Outcome.FIXED)
    assert await station.desk.unsent() == {}, "the home cannot be told"
    await station.desk.note_silence("home-001", station.at + timedelta(seconds=1))
    assert (await only_alert(station))["count"] == 1, "a new silence is a new alert"


async def test_only_news_is_a_sign_of_life(station: StationEnd, home: HomeEnd, press: Callable[..., Alert]) -> None:
    beat, telling = home.beats_at(station.at), home.tells("d1", press())
    await station.desk.hear([beat, telling])
    sign = Sign("home-001", "main", 0.0, False, ("main",))  # noqa: FBT003 - as the heartbeat says it
    assert station.desk.take_signs_of_life() == [sign, Sign("home-001", "main")]
    station.passes(1)
    await station.desk.hear([beat, telling, ("shouwang-station/v1/home-002/heartbeat", beat[1])])
    assert station.desk.take_signs_of_life() == []
    assert [each["reason"] for each in station.desk.refused] == ["bad_seal", "stale_heartbeat"]
    await station.desk.hear([home.beats_at(station.at - timedelta(days=1))])
    assert station.desk.take_signs_of_life() == [sign], "the clock fell back, the sequence did not"
    await station.desk.hear([home.beats_at(station.at + timedelta(days=1), sequence=0)])
    assert station.desk.take_signs_of_life() == [sign], "the store was lost, the clock was not"


async def test_homes_say_whether_their_watch_works(station: StationEnd, home: HomeEnd) -> None:
    await station.desk.hear([home.beats_at(station.at, healthy=False, faults=("门磁失联",), presence="asleep")])
    first, second = await station.desk.homes()
    assert (first["healthy"], first["faults"], first["presence"]) == (False, ["门磁失联"], "asleep")
    assert first["heard_at"] == "2026-03-01T02:00:00.000000+00:00"
    assert (second["home"], second["heard_at"], second["healthy"]) == ("home-002", None, None)
