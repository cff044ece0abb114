"""Real brokers, for the tests of this folder."""

from tests.mosquitto_broker import mosquitto_factory

__all__ = ["mosquitto_factory"]
