"""A press at home, a real station, and what an annunciator and a loudspeaker truly say meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from alerts.wire import Action, Decision, Topics, seal
from tests.broker.gateway_process import Device, device, gateway, stored, until
from tests.mosquitto_broker import free_port
from tests.station.station_process import HOME_SECRET, PASSWORD, StationProcess

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from tests.mosquitto_broker import Mosquitto

HOME = """
[home]
id = "home-001"
[bed]
code = "B-1"
address = "测试路 1 号"
how_to_enter = "敲门"
[resident]
name = "测试"
birth_year = 1940
ability_level = 1
[broker]
port = {broker}
[station]
host = "127.0.0.1"
port = {broker}
tls = false
secret = {{ file = "{secret}" }}
[[rooms]]
id = "living"
name = "客厅"
kind = "living_room"
[[devices]]
id = "pendant"
dialect = "native"
role = "sos"
name = "挂坠"
[[devices]]
id = "voice"
dialect = "native"
model = "SW-VOICE"
role = "other"
room = "living"
name = "播报器"
[store]
path = "{store}"
[api]
enabled = false
[annunciator]
device = "voice"
player = ["{player}"]
clips = "{clips}"
"""
CLIPS = ("求助已发出", "驿站已接警", "有人正在赶来")
ROOMS = "".join(
    f'[[rooms]]\nid = "{kind}"\nkind = "{kind}"\nname = "{kind}"\n'
    for kind in ("bedroom", "bathroom", "kitchen", "living", "hall")
)
VOICE = '[[devices]]\nid = "voice"\ntype = "annunciator"\nroom = "living"\nname = "播报器"\n'


@dataclass(slots=True)
class Annunciator:
    """`python -m firmware_sim` with nothing fitted but an annunciator; remembers what it says aloud."""

    process: Process
    spoken: list[dict[str, Any]] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == "spoken":
                self.spoken.append(event)
            elif event["event"] == "ready":
                self.ready.set()

    @property
    def said(self) -> list[str]:
        return [event["zh"] for event in self.spoken]


@asynccontextmanager
async def annunciator(folder: Path, broker: int) -> AsyncIterator[Annunciator]:
    (folder / "house.toml").write_text(ROOMS + VOICE, "utf-8")
    options = ["--broker", f"127.0.0.1:{broker}", "--home", str(folder / "house.toml"), "--control", "stdin"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "firmware_sim", *options, stdin=pipe, stdout=pipe
    )
    made = Annunciator(process)
    listening = asyncio.create_task(made.listen())
    try:
        await asyncio.wait_for(made.ready.wait(), 20)
        yield made
    finally:
        process.kill()
        await process.wait()
        await listening


def home(folder: Path, broker: int) -> Path:
    """A home whose loudspeaker is a script that writes down what it plays."""
    clips, player, secret = folder / "clips", folder / "play", folder / "key"
    clips.mkdir()
    for name in CLIPS:
        (clips / f"{name}.wav").write_bytes(b"RIFF")
    player.write_text(f'#!/bin/sh\nbasename "$1" .wav >> {folder}/played\n', "utf-8")
    player.chmod(0o700)
    secret.write_text(HOME_SECRET, "utf-8")
    path = folder / "home.toml"
    said = HOME.format(broker=broker, secret=secret, store=folder / "store.db", player=player, clips=clips)
    path.write_text(said, "utf-8")
    return path


def played(folder: Path) -> list[str]:
    file = folder / "played"
    return file.read_text("utf-8").splitlines() if file.exists() else []


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Callable[[int], StationProcess]]:
    made: list[StationProcess] = []

    def start(broker: int) -> StationProcess:
        hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
        folder = tmp_path / "station"
        folder.mkdir()
        made.append(StationProcess(folder=folder, broker_port=broker, http_port=free_port(), password_hash=hashed))
        made[-1].start()
        return made[-1]

    yield start
    for process in made:
        process.kill()


def press(pendant: Device) -> None:
    pendant.presses().wait_for_publish(5)


async def test_she_hears_only_what_has_truly_happened(
    mosquitto: Callable[..., Mosquitto], station: Callable[[int], StationProcess], tmp_path: Path
):
    broker = mosquitto()
    async with annunciator(tmp_path, broker.port) as voice:
        with gateway(home(tmp_path, broker.port)) as box, device(broker.port, "pendant") as pendant:
            await box.connected()
            press(pendant)
            await until(lambda: bool(stored(tmp_path / "store.db", "SELECT 1 FROM alerts")), box.said)
            await until(lambda: bool(_sent(tmp_path)), box.said)  # the broker has it; no station does
            assert (voice.said, played(tmp_path)) == ([], [])
            desk = await asyncio.to_thread(station, broker.port)
            await until(lambda: voice.said == ["求助已发出。"], box.said)
            await until(lambda: played(tmp_path) == ["求助已发出"], box.said)
            await _on_duty(desk, "acknowledged")
            await until(lambda: voice.said[1:] == ["驿站已接警。"], box.said)
            _sets_out(pendant, tmp_path)
            await until(lambda: voice.said[2:] == ["有人正在赶来。"], box.said)
            await until(lambda: played(tmp_path) == list(CLIPS), box.said)
            await until(lambda: len(_answered(tmp_path)) == 3, box.said)
            assert _answered(tmp_path) == [event["id"] for event in voice.spoken]
            box.kill()
            box.start()
            await box.connected(2)
            await _on_duty(desk, "attended")
            await until(lambda: voice.spoken[-1]["light"] == "off", box.said)
            assert len(voice.spoken) == 4
            assert box.stop() == 0
    assert [event["light"] for event in voice.spoken] == ["yellow", "green", "green_flashing", "off"]
    said = stored(tmp_path / "store.db", "SELECT name FROM announcements ORDER BY at")
    assert [name.partition(":")[0] for (name,) in said] == ["sent", "taken", "set_out", "over"]


def _sets_out(wire: Device, folder: Path) -> None:
    """As a station says it, by whatever of its screens."""
    ((key, revision),) = stored(folder / "store.db", "SELECT key, revision FROM alerts")
    topic = Topics(prefix="shouwang-station/v1", home="home-001").decision
    decision = Decision(
        id="5" * 32, alert_key=key, revision=revision, action=Action.SET_OUT, by="李护士", at=datetime.now(UTC)
    )
    wire.says(topic, seal(decision, topic, HOME_SECRET.encode())).wait_for_publish(5)


async def _on_duty(desk: StationProcess, action: str) -> None:
    if not desk.cookie:
        await asyncio.to_thread(desk.log_in)
    (alert,) = await asyncio.to_thread(desk.live)
    await asyncio.to_thread(desk.call, f"/api/alerts/{alert['id']}/decision", {"action": action})


def _sent(folder: Path) -> list[Any]:
    return stored(folder / "store.db", "SELECT 1 FROM deliveries WHERE state = 'sent'")


def _answered(folder: Path) -> list[str]:
    return [value for (value,) in stored(folder / "store.db", "SELECT value FROM readings WHERE kind = 'played'")]
