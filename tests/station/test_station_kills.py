"""A real station behind a real broker, killed at random moments: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from typing import TYPE_CHECKING

import pytest

from alerts.wire import Action
from tests.station.ends import START, HomeEnd, press
from tests.station.station_process import TalkingHome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.mosquitto_broker import Mosquitto
    from tests.station.station_process import StationProcess


@pytest.fixture
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return mosquitto()


@pytest.fixture
def station(broker: Mosquitto, start_station: Callable[..., StationProcess]) -> StationProcess:
    return start_station(broker.port)


@pytest.fixture
async def home(broker: Mosquitto, station: StationProcess) -> AsyncIterator[TalkingHome]:
    async with TalkingHome(HomeEnd(), broker.port).running() as home:
        yield home


def rows(station: StationProcess, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(station.folder / "station.db") as db:
        found: list[tuple[object, ...]] = db.execute(query).fetchall()
    db.close()
    return found


async def test_every_receipted_alert_is_there_after_kills_at_random_moments(
    station: StationProcess, home: TalkingHome
) -> None:
    seeded = random.Random(20260301)  # noqa: S311 - the same moments every time
    for burst in range(5):
        names = [f"{burst}-{number}" for number in range(20)]
        telling = [asyncio.create_task(home.tell(f"d{name}", press(f"key:{name}"))) for name in names]
        await asyncio.sleep(seeded.uniform(0.0, 0.15))
        station.kill()
        receipted = {str(key) for key in home.receipts}
        stored = {key for (key,) in rows(station, "SELECT delivery_id FROM deliveries")}
        assert receipted <= stored, "a receipt means that it is on the disk"
        await asyncio.to_thread(station.start)
        await asyncio.gather(*telling)
    assert rows(station, "SELECT count(*), count(DISTINCT key) FROM alerts") == [(100, 100)]
    assert rows(station, "SELECT count(*) FROM deliveries") == [(100,)]


async def test_what_was_told_while_the_station_was_down_is_taken_when_it_is_back(
    station: StationProcess, home: TalkingHome
) -> None:
    station.kill()
    for number in range(5):
        await home.publish(*home.end.tells(f"d{number}", press(f"key:{number}")))
    assert home.receipts == {}
    await asyncio.to_thread(station.start)
    await home.until(lambda: len(home.receipts) == 5)


async def test_a_decision_survives_the_stations_death_and_reaches_a_home_that_was_away(
    station: StationProcess, home: TalkingHome
) -> None:
    home.answers = False
    await home.tell("d1", press())
    await asyncio.to_thread(station.log_in)
    await asyncio.to_thread(station.call, f"/api/alerts/{station.live()[0]['id']}/decision", {"action": "acknowledged"})
    station.kill()
    assert rows(station, "SELECT action, receipted_at FROM decisions") == [("acknowledged", None)]
    home.decisions.clear()
    home.answers = True
    await asyncio.to_thread(station.start)
    await home.until(lambda: len(home.decisions) == 1)
    assert home.decisions[0].action is Action.ACKNOWLEDGED
    await home.until(lambda: rows(station, "SELECT 1 FROM decisions WHERE receipted_at IS NULL") == [])
    assert station.live()[0]["on_the_way"] == 0


async def test_a_decision_is_repeated_until_it_is_receipted(station: StationProcess, home: TalkingHome) -> None:
    home.answers = False
    await home.tell("d1", press())
    await asyncio.to_thread(station.log_in)
    await asyncio.to_thread(station.call, f"/api/alerts/{station.live()[0]['id']}/decision", {"action": "attended"})
    await home.until(lambda: len(home.decisions) == 1)
    home.answers = True  # the first was heard and never answered
    await home.until(lambda: rows(station, "SELECT 1 FROM decisions WHERE receipted_at IS NULL") == [])
    assert len({decision.id for decision in home.decisions}) == 1


async def test_the_brokers_restart_is_waited_out(broker: Mosquitto, station: StationProcess, home: TalkingHome) -> None:
    broker.kill()
    telling = asyncio.create_task(home.tell("d1", press()))
    await asyncio.sleep(0.3)
    broker.start()
    await asyncio.wait_for(telling, 30)
    assert rows(station, "SELECT count(*) FROM alerts") == [(1,)]


async def test_a_home_that_says_nothing_becomes_an_alert_and_speaking_again_returns_it(
    broker: Mosquitto, start_station: Callable[..., StationProcess]
) -> None:
    station = start_station(broker.port, silence_s=10)
    await asyncio.to_thread(station.log_in)
    async with TalkingHome(HomeEnd(), broker.port).running() as home:
        await home.publish(*home.end.beats_at(START))
        await home.until(lambda: bool(station.live()), 20)
        (alert,) = station.live()
        assert (alert["kind"], alert["state"]) == ("gateway_silent", "open")
        await home.publish(*home.end.beats_at(START))
        await home.until(lambda: station.live()[0]["state"] == "returned")


async def test_a_polite_end_is_quick_and_clean(station: StationProcess) -> None:
    assert station.stop() == 0
    assert "Traceback" not in station.log()
