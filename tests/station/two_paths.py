"""A real gateway with two paths to a real station: three brokers' ports, two lines that a test may cut, one webhook."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.broker.gateway_process import Device, Gateway, Hook, device, gateway, home_toml, receiving, until
from tests.mosquitto_broker import Mosquitto, free_port
from tests.relay import Relay, relay
from tests.station.station_process import HOME_SECRET, StationProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

SILENCE_S = 10
"""In place of 170 s: everything else follows from it."""

STATION = """
[station]
host = "127.0.0.1"
port = {main}
tls = false
secret = {{ file = "{key}" }}
[station.spare]
port = {spare}
[[ladder]]
contact = "station"
channels = ["station"]
after_s = 0
"""


@dataclass(slots=True, kw_only=True)
class TwoPaths:
    """The whole of it, running."""

    home: Gateway
    station: StationProcess
    main: Relay
    spare: Relay
    hook: Hook
    sensors: Device
    broker: Mosquitto

    def twin(self, home_broker: int) -> AbstractContextManager[Gateway]:
        """A second box from a copied card: the same settings and secrets, in another home."""
        config = self.home.config.with_name("twin.toml")
        text = self.home.config.read_text("utf-8").replace("store.db", "twin.db")
        config.write_text(re.sub(r"(\[broker\]\nport = )\d+", rf"\g<1>{home_broker}", text), "utf-8")
        return gateway(config)

    def live(self) -> list[tuple[str, str, str]]:
        """What the station shows: kind, subject of the home's own alerts, state."""
        return sorted((alert["kind"], _subject(alert), alert["state"]) for alert in self.station.live())

    async def shows(self, *expected: tuple[str, str, str], within_s: float = 20.0) -> None:
        await until(lambda: self.live() == sorted(expected), lambda: f"{self.live()}\n{self.home.said()}", within_s)

    def one(self, kind: str) -> dict[str, Any]:
        (found,) = [alert for alert in self.station.live() if alert["kind"] == kind]
        return found

    async def proven(self, *names: str) -> None:
        """Waits until the home says that its station answers."""
        await until(lambda: all(f"path {name} answers" in self.home.said() for name in names), self.home.said)


def _subject(alert: dict[str, Any]) -> str:
    return str(alert["alert_key"]).split(":")[1] if alert["kind"] == "system" else ""


@asynccontextmanager
async def two_paths(
    folder: Path, mosquitto: Callable[..., Any], start_station: Callable[..., StationProcess], **limits: float
) -> AsyncIterator[TwoPaths]:
    """Starts everything, and ends it."""
    at_home, at_station = mosquitto(), mosquitto()
    hook = Hook(free_port())
    station = start_station(at_station.port, silence_s=SILENCE_S)
    station.log_in()
    async with relay(at_station.port) as main, relay(at_station.port) as spare, receiving(hook):
        chosen = {"station_silence_s": SILENCE_S, "heartbeat_s": 2, "spare_alone_heartbeat_s": 2} | limits
        config = home_toml(folder, at_home.port, hook.port, **chosen)
        (folder / "home.key").write_text(HOME_SECRET, encoding="utf-8")
        paths = STATION.format(main=main.port, spare=spare.port, key=folder / "home.key")
        text = config.read_text("utf-8").replace('id = "home-1"', 'id = "home-001"')
        config.write_text(text.replace("[store]", f"{paths}\n[store]"), "utf-8")
        with gateway(config) as home, device(at_home.port) as sensors:
            await home.connected()
            yield TwoPaths(
                home=home, station=station, main=main, spare=spare, hook=hook, sensors=sensors, broker=at_station
            )
