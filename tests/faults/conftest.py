"""Real brokers and stations for the tests of this folder."""

from tests.mosquitto_broker import mosquitto_factory
from tests.station.conftest import password_hash, settings, start_station, station

__all__ = ["mosquitto_factory", "password_hash", "settings", "start_station", "station"]
