"""A desk on a real store, a home beside it, real brokers, and a real station process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from alerts.station.settings import HomeEntry, SecretRef, StationSettings
from tests.mosquitto_broker import free_port, mosquitto_factory
from tests.station.ends import SECRET, HomeEnd, StationEnd, press
from tests.station.station_process import PASSWORD, StationProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from alerts.model import Alert

__all__ = ["mosquitto_factory"]


@pytest.fixture(scope="session")
def password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)


@pytest.fixture
def settings(tmp_path: Path, password_hash: str) -> StationSettings:
    entry = HomeEntry(secret=SecretRef(env="UNUSED"), bed_code="HD-0417", name="王秀英")
    return StationSettings(
        name="海拉尔大街驿站",
        store=tmp_path / "station.db",
        homes={"home-001": entry, "home-002": entry},
        staff={"李护士": password_hash, "王师傅": password_hash},
    )


@pytest.fixture
async def station(settings: StationSettings) -> AsyncIterator[StationEnd]:
    end = StationEnd(settings, {"home-001": SECRET, "home-002": SECRET[::-1]})
    await end.open()
    yield end
    await end.store.close()


@pytest.fixture
def home() -> HomeEnd:
    return HomeEnd()


@pytest.fixture(name="press")
def press_factory() -> Callable[..., Alert]:
    """Makes an alert of an SOS press; any field may be given."""
    return press


@pytest.fixture
def start_station(tmp_path: Path, password_hash: str) -> Iterator[Callable[..., StationProcess]]:
    """Returns a function that starts a station process at a broker's port."""
    started: list[StationProcess] = []

    def start(broker_port: int, **settings: int) -> StationProcess:
        station = StationProcess(
            folder=tmp_path, broker_port=broker_port, http_port=free_port(), password_hash=password_hash, **settings
        )
        started.append(station)
        station.start()
        return station

    yield start
    for station in started:
        station.kill()
