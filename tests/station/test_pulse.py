"""What the station makes of heartbeats: answers, paths, two boxes of one name, and its own lost memory."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts.model import AlertKind, AlertState, Outcome
from alerts.station.listening import Sign
from alerts.wire import SPARE, Action, AlertMessage, Heard, Heartbeat, Topics, unseal
from tests.station.ends import START, press

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from alerts.model import Alert
    from tests.station.ends import HomeEnd, StationEnd

BOTH = ("main", "spare")


def beat(home: HomeEnd, at: datetime, *, path: str = "main", **changes: Any) -> tuple[str, bytes]:  # noqa: ANN401
    home.beats += 1
    facts: dict[str, Any] = {"paths": BOTH, "boot": "a", "next_s": 50.0, "sequence": home.beats} | changes
    heartbeat = Heartbeat(at=at, uptime_s=1.0, healthy=True, live_alerts=0, version="0.1.0", **facts)
    return home.says(Topics(home=home.home, path=path).heartbeat, heartbeat)


def heard(home: HomeEnd, packet: tuple[str, bytes]) -> tuple[str, Heard]:
    return packet[0], unseal(Heard, *packet, home.secret)


def kinds(alerts: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(alert["kind"], alert["state"]) for alert in alerts]


def uplink_trouble(**changes: Any) -> Alert:  # noqa: ANN401 - fields of Alert
    return press("trouble:gateway/uplink:1", kind=AlertKind.SYSTEM, subject="gateway/uplink", **changes)


async def test_a_heartbeat_is_answered_on_the_path_by_which_it_came(station: StationEnd, home: HomeEnd):
    (answer,) = await station.desk.hear([beat(home, station.at)])
    assert heard(home, answer) == ("shouwang-station/v1/home-001/heard", Heard(sequence=1))
    (answer,) = await station.desk.hear([beat(home, station.at, path=SPARE)])
    assert heard(home, answer) == ("shouwang-station/v1/home-001/spare/heard", Heard(sequence=2))
    station.desk.take_signs_of_life()
    await station.desk.hear([beat(home, station.at + timedelta(seconds=1), path=SPARE, next_s=600.0, alone=True)])
    assert station.desk.take_signs_of_life() == [Sign("home-001", SPARE, 600.0, True, BOTH)]  # noqa: FBT003 - as it says


async def test_of_a_backlog_only_the_newest_is_answered_and_a_replay_never(station: StationEnd, home: HomeEnd):
    beats = [beat(home, station.at + timedelta(seconds=number)) for number in range(5)]
    (answer,) = await station.desk.hear(beats)
    assert heard(home, answer)[1] == Heard(sequence=5)
    assert await station.desk.hear(beats) == []
    assert {each["reason"] for each in station.desk.refused} == {"stale_heartbeat"}


async def test_each_path_has_its_own_order(station: StationEnd, home: HomeEnd):
    late = beat(home, station.at, path=SPARE)
    await station.desk.hear([beat(home, station.at + timedelta(seconds=3))])
    (answer,) = await station.desk.hear([late])
    assert heard(home, answer)[1] == Heard(sequence=1)


async def test_an_alert_is_receipted_on_the_path_by_which_it_came_and_stored_once(station: StationEnd, home: HomeEnd):
    _, payload = home.tells("d1", press())
    by_spare = home.says(Topics(home="home-001", path=SPARE).alert, _message(home, payload))
    replies = await station.desk.hear([home.tells("d1", press()), by_spare])
    assert [topic for topic, _ in replies] == [
        "shouwang-station/v1/home-001/receipt",
        "shouwang-station/v1/home-001/spare/receipt",
    ]
    (alert,) = await station.desk.live()
    assert (alert["count"], alert["told"]) == (1, 1)


def _message(home: HomeEnd, payload: bytes) -> AlertMessage:
    return unseal(AlertMessage, home.topics.alert, payload, home.secret)


async def test_a_decision_goes_by_every_path_that_the_home_has(station: StationEnd, home: HomeEnd):
    await station.desk.hear([beat(home, station.at), beat(home, station.at, path=SPARE), home.tells("d1", press())])
    (alert,) = await station.desk.live()
    await station.desk.decide(alert["id"], Action.ACKNOWLEDGED, by="李护士")
    topics = sorted(topic for topic, _ in (await station.desk.unsent()).values())
    assert topics == ["shouwang-station/v1/home-001/decision", "shouwang-station/v1/home-001/spare/decision"]
    await station.desk.hear([beat(home, station.at + timedelta(seconds=1), paths=("main",))])
    assert len(await station.desk.unsent()) == 1, "the home has given its spare path up"


async def test_a_silent_path_is_an_alert_until_it_speaks(station: StationEnd, home: HomeEnd):
    await station.desk.hear([beat(home, station.at), beat(home, station.at, path=SPARE)])
    station.passes(18_000)
    await station.desk.note_silence("home-001", station.at - timedelta(seconds=18_000), SPARE)
    (alert,) = await station.desk.live()
    assert (alert["kind"], alert["severity"], alert["own"]) == ("path_silent", "fault", True)
    assert alert["brief"]["zh"] == {
        "title": "备用通道不通 · 王秀英 · HD-0417",
        "sentence": "王秀英家的守望盒从 03-01 10:00 起没有从备用通道来过消息。另一条通道还通，告警仍能送到。",
        "lines": ["查 4G 卡的信号、流量和余额"],
    }
    await station.desk.hear([beat(home, station.at)])
    assert kinds(await station.desk.live()) == [("path_silent", "open")]
    await station.desk.hear([beat(home, station.at, path=SPARE)])
    assert kinds(await station.desk.live()) == [("path_silent", "returned")]


async def test_a_path_of_which_the_home_has_told_is_not_told_twice(station: StationEnd, home: HomeEnd):
    await station.desk.hear([beat(home, station.at), home.tells("d1", uplink_trouble())])
    await station.desk.note_silence("home-001", station.at, "main")
    await station.desk.note_silence("home-001", station.at, SPARE)
    assert sorted(kinds(await station.desk.live())) == [("path_silent", "open"), ("system", "open")]
    await station.desk.hear([home.tells("d2", uplink_trouble(state=AlertState.CLOSED, revision=2))])
    await station.desk.note_silence("home-001", station.at, "main")
    assert len(await station.desk.live()) == 2, "now nobody else tells of it"


async def test_a_box_that_starts_again_is_no_second_box(station: StationEnd, home: HomeEnd):
    for number, boot in enumerate("aabbbcddda"[:-1]):
        await station.desk.hear([beat(home, START + timedelta(seconds=number), boot=boot)])
    assert await station.desk.live() == []


async def test_two_boxes_that_take_turns_are_told_once(station: StationEnd, home: HomeEnd):
    for number, boot in enumerate("abababab"):
        await station.desk.hear([beat(home, START + timedelta(seconds=number), boot=boot)])
    (alert,) = await station.desk.live()
    assert (alert["kind"], alert["severity"], alert["count"]) == ("gateway_twins", "warning", 1)
    assert alert["brief"]["zh"]["title"] == "两台网关用了同一身份 · 王秀英 · HD-0417"
    for action, outcome in ((Action.ACKNOWLEDGED, None), (Action.CLOSED, Outcome.FIXED)):
        await station.desk.decide(alert["id"], action, by="李护士", outcome=outcome)
    assert await station.desk.unsent() == {}
    station.passes(60)
    await station.desk.hear([beat(home, station.at, boot="b")])
    assert await station.desk.live() == []
    await station.desk.hear([beat(home, station.at + timedelta(seconds=1), boot="a")])
    assert kinds(await station.desk.live()) == [("gateway_twins", "open")], "it was not mended"


async def test_a_second_box_whose_clock_and_count_are_behind_is_told_too(station: StationEnd, home: HomeEnd):
    await station.desk.hear([beat(home, START, boot="a", sequence=100)])
    behind = START - timedelta(hours=1)
    replies = await station.desk.hear([beat(home, behind, boot="b", sequence=1)])
    assert replies == [], "its word is no newer than what is known"
    assert await station.desk.live() == [], "the first may be gone"
    await station.desk.hear([beat(home, START + timedelta(seconds=1), boot="a", sequence=101)])
    assert kinds(await station.desk.live()) == [("gateway_twins", "open")]


async def test_what_an_earlier_run_said_is_no_second_box_when_it_comes_again(station: StationEnd, home: HomeEnd):
    earlier = [beat(home, START + timedelta(seconds=number), boot="a") for number in range(3)]
    now = beat(home, START + timedelta(seconds=4), boot="b")
    for packets in (earlier, [now], earlier, [beat(home, START + timedelta(seconds=5), boot="b")]):
        await station.desk.hear(packets)
    assert await station.desk.live() == []


async def test_a_store_that_was_put_back_is_told_and_asks_for_what_it_lost(station: StationEnd, home: HomeEnd):
    await station.desk.hear([beat(home, START)])
    backup = await put_aside(station)
    confirmed = START + timedelta(hours=20)
    await station.desk.hear([beat(home, confirmed)])
    await put_back(station, backup)
    lost = {"confirmed": home.beats, "confirmed_at": confirmed}
    station.passes(80_000)
    for _ in range(2):
        (answer,) = await station.desk.hear([beat(home, station.at, **lost)])
        assert heard(home, answer)[1] == Heard(sequence=home.beats, forgotten_since=START)
        station.passes(50)
    (alert,) = await station.desk.live()
    assert (alert["kind"], alert["home"], alert["severity"]) == ("station_restored", "", "fault")
    assert alert["brief"]["zh"]["sentence"].startswith("驿站的记录退回到了 03-01 10:00。")
    (answer,) = await station.desk.hear([beat(home, station.at, told_again=START, **lost)])
    assert heard(home, answer)[1].forgotten_since is None
    assert len(await station.desk.live()) == 1


async def test_a_store_that_is_put_back_again_rings_again_though_the_first_time_still_lives(
    station: StationEnd, home: HomeEnd
):
    await station.desk.hear([beat(home, START)])
    told = []
    for hours in (20, 40):
        backup = await put_aside(station)
        confirmed = START + timedelta(hours=hours)
        await station.desk.hear([beat(home, confirmed)])
        await put_back(station, backup)
        lost = {"confirmed": home.beats, "confirmed_at": confirmed}
        for _ in range(2):
            station.passes(50)
            await station.desk.hear([beat(home, confirmed + timedelta(hours=1), **lost)])
        (alert,) = await station.desk.live()
        told.append((alert["kind"], alert["count"]))
    assert told == [("station_restored", 1), ("station_restored", 2)]


async def test_a_new_station_asks_for_everything_and_raises_nothing(station: StationEnd, home: HomeEnd):
    (answer,) = await station.desk.hear([beat(home, START, confirmed=7, confirmed_at=START)])
    assert heard(home, answer)[1].forgotten_since.year == 1970
    assert await station.desk.live() == []


async def test_a_clock_that_is_put_right_is_no_lost_memory(station: StationEnd, home: HomeEnd):
    ahead = START + timedelta(hours=8)
    await station.desk.hear([beat(home, ahead, paths=("main",))])
    await station.desk.hear([beat(home, START, paths=("main",), confirmed=1, confirmed_at=ahead)])
    (answer,) = await station.desk.hear(
        [beat(home, START + timedelta(seconds=50), paths=("main",), confirmed=1, confirmed_at=ahead)]
    )
    assert heard(home, answer)[1].forgotten_since is None, "its answer was lost, so the home still holds the first"


async def put_aside(station: StationEnd) -> Path:
    backup = station.settings.store.with_name("backup.db")
    await station.store.close()
    shutil.copy(station.settings.store, backup)
    await station.open()
    return backup


async def put_back(station: StationEnd, backup: Path) -> None:
    await station.store.close()
    for name in ("-wal", "-shm"):
        station.settings.store.with_name(station.settings.store.name + name).unlink(missing_ok=True)
    shutil.copy(backup, station.settings.store)
    await station.open()


async def test_the_console_expects_a_home_by_the_path_that_it_has(station: StationEnd, home: HomeEnd):
    await station.desk.hear([beat(home, station.at), beat(home, station.at, path=SPARE, next_s=3600.0)])
    shown = (await station.desk.homes())[0]
    assert (shown["silent_after_s"], shown["by_spare"]) == (170.0, False)
    assert set(shown["paths"]) == {"main", "spare"}
    station.passes(80)
    await station.desk.hear([beat(home, station.at, path=SPARE, next_s=720.0, alone=True)])
    shown = (await station.desk.homes())[0]
    assert (shown["silent_after_s"], shown["by_spare"]) == (1440.0, True)
    station.passes(10)
    await station.desk.hear([beat(home, station.at)])
    shown = (await station.desk.homes())[0]
    assert (shown["silent_after_s"], shown["by_spare"]) == (170.0, False)
    never = (await station.desk.homes())[1]
    assert (never["heard_at"], never["paths"], never["silent_after_s"]) == (None, {}, 170.0)
