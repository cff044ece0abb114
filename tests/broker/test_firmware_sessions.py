"""The simulated home as its own process, heard through a real mosquitto."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from devices.dialects import native, zigbee2mqtt
from devices.reading import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., Any]


class Broker(Protocol):
    """What these tests ask of conftest's mosquitto."""

    port: int

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...


PATIENCE_S = 10.0
DEVICES = 11


@dataclass(slots=True)
class Ear:
    """A subscriber with a session of its own; remembers every message in order."""

    port: int
    heard: list[MQTTMessage] = field(default_factory=list)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="ear", clean_session=False)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self.client.on_message = lambda _client, _data, message: self.heard.append(message)
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def on(self, topic: str) -> list[MQTTMessage]:
        return [message for message in list(self.heard) if message.topic == topic]

    def bodies(self, topic: str) -> list[Any]:
        return [json.loads(message.payload) for message in self.on(topic)]

    def numbers(self, device: str) -> list[tuple[int, int]]:
        """Boot and sequence of what a device said, in order, once each: what was not confirmed is said again."""
        spoken = {f"shouwang/{device}/event", f"shouwang/{device}/heartbeat"}
        bodies = [json.loads(message.payload) for message in list(self.heard) if message.topic in spoken]
        return list(dict.fromkeys((body["boot"], body["seq"]) for body in bodies))

    def facts(self, topic: str, key: str) -> list[Any]:
        return [body[key] for body in self.bodies(topic) if key in body]


@dataclass(slots=True)
class Sim:
    """The program under test, its events in a queue."""

    process: subprocess.Popen[str]
    events: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def do(self, **command: str | float) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def event(self, name: str) -> dict[str, Any]:
        give_up = time.monotonic() + PATIENCE_S
        while True:
            event = self.events.get(timeout=give_up - time.monotonic())
            if event["event"] == name:
                return event

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture(name="broker")
def broker_of_the_home(mosquitto: Start) -> Broker:
    broker: Broker = mosquitto()
    return broker


@pytest.fixture(name="ear")
def ear_on_the_broker(broker: Broker) -> Iterator[Ear]:
    ear = Ear(broker.port)
    yield ear
    ear.close()


@pytest.fixture(name="sim")
def sim_factory(broker: Broker, ear: Ear) -> Iterator[Start]:
    started: list[Sim] = []

    def start(*options: str) -> Sim:
        command = [sys.executable, "-m", "firmware_sim", "--broker", f"127.0.0.1:{broker.port}", "--control", "stdin"]
        command += ["--seed", "7", "--start", "2026-03-04T10:00:00+08:00", *options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(Sim(process))
        started[-1].event("ready")
        return started[-1]

    yield start
    for sim in started:
        sim.end()


def until(true: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    give_up = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def test_every_device_joins_with_its_own_connection_and_a_retained_online(ear: Ear, sim: Start) -> None:
    sim()
    until(lambda: sum(m.topic.endswith("/heartbeat") for m in ear.heard) == DEVICES)
    statuses = {m.topic: m.payload for m in ear.heard if m.topic.endswith("/status")}
    assert len(statuses) == DEVICES
    assert set(statuses.values()) == {b"online"}
    first = {}
    for message in ear.heard:
        first.setdefault(message.topic.split("/")[1], message.topic.rsplit("/", 1)[1])
    assert set(first.values()) == {"status"}
    assert {m.qos for m in ear.heard} == {1}
    assert not any(m.retain for m in ear.heard if not m.topic.endswith("/status"))


def test_a_press_arrives_exactly_once_and_is_announced_with_its_moment(ear: Ear, sim: Start) -> None:
    home = sim()
    began = datetime.now(UTC)
    home.do(do="press", device="pendant")
    staged = home.event("staged")
    until(lambda: ear.facts("shouwang/pendant/event", "sos"))
    assert (staged["kind"], staged["device"]) == ("press", "pendant")
    assert 0 <= (datetime.fromisoformat(staged["at"]) - began).total_seconds() < 1
    said = ear.bodies("shouwang/pendant/event")[0]["at"]
    assert abs(datetime.fromisoformat(said) - datetime.fromisoformat(staged["at_home"])).total_seconds() < 0.001
    time.sleep(0.5)
    assert ear.facts("shouwang/pendant/event", "sos") == ["press"]


def test_a_killed_device_is_published_offline_by_its_last_will(ear: Ear, sim: Start) -> None:
    home = sim("--rate", "600")
    until(lambda: ear.on("shouwang/smoke_kitchen/heartbeat"))
    home.do(do="kill", device="smoke_kitchen")
    until(lambda: len(ear.on("shouwang/smoke_kitchen/status")) == 2)
    assert [m.payload for m in ear.on("shouwang/smoke_kitchen/status")] == [b"online", b"offline"]
    beats = len(ear.on("shouwang/smoke_kitchen/heartbeat"))
    time.sleep(3.5)  # over half an hour at home
    assert len(ear.on("shouwang/smoke_kitchen/heartbeat")) == beats
    home.do(do="revive", device="smoke_kitchen")
    until(lambda: len(ear.on("shouwang/smoke_kitchen/status")) == 3)
    until(lambda: ear.bodies("shouwang/smoke_kitchen/heartbeat")[-1]["boot"] == 2)


def test_boot_and_sequence_survive_a_reboot_and_a_restart_of_the_program(ear: Ear, sim: Start, tmp_path: Path) -> None:
    flash = ("--flash-file", str(tmp_path / "flash.json"))
    home = sim(*flash)
    until(lambda: ear.numbers("pendant") == [(1, 1)])
    home.do(do="press", device="pendant")
    home.do(do="reboot", device="pendant")
    until(lambda: ear.numbers("pendant")[-1:] == [(2, 1)])
    home.do(do="press", device="pendant")
    until(lambda: ear.numbers("pendant")[-1:] == [(2, 2)])
    home.do(do="stop")
    assert home.process.wait(PATIENCE_S) == 0
    sim(*flash)
    until(lambda: ear.numbers("pendant")[-1:] == [(3, 1)])
    assert ear.numbers("pendant") == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)]
    statuses = [payload for payload, _ in groupby(m.payload for m in ear.on("shouwang/pendant/status"))]
    assert statuses == [b"online", b"offline", b"online", b"offline", b"online"]


def test_a_terminated_home_says_goodbye(ear: Ear, sim: Start) -> None:
    home = sim()
    home.process.send_signal(signal.SIGTERM)
    assert home.process.wait(PATIENCE_S) == 0
    until(lambda: sum(m.payload == b"offline" for m in ear.heard) == DEVICES)


def test_the_home_ends_when_its_master_does(sim: Start) -> None:
    home = sim()
    assert home.process.stdin is not None
    home.process.stdin.close()
    assert home.process.wait(PATIENCE_S) == 0


def test_a_fast_home_keeps_its_time_and_its_heartbeats(ear: Ear, sim: Start, tmp_path: Path) -> None:
    clock = tmp_path / "clock.json"
    home = sim("--clock-file", str(clock))
    home.do(do="advance_to", at="2026-03-04T14:00:00+08:00", rate=3600)
    assert home.event("clock")["rate"] == 3600.0
    arrived = home.event("clock")
    until(lambda: len(ear.on("shouwang/radar_living/heartbeat")) >= 49)
    assert arrived["rate"] == 1.0
    assert json.loads(clock.read_text(encoding="utf-8")) == {k: v for k, v in arrived.items() if k != "event"}
    late_s = (datetime.fromisoformat(arrived["home"]) - datetime(2026, 3, 4, 6, tzinfo=UTC)).total_seconds()
    assert 0 <= late_s < 360  # a tenth of a second at this rate
    radar, strap = ear.bodies("shouwang/radar_living/heartbeat"), ear.bodies("shouwang/bed_strap/heartbeat")
    assert [body["uptime_s"] for body in radar[:49]] == [300.0 * n for n in range(49)]
    assert [body["uptime_s"] for body in strap[:9]] == [1800.0 * n for n in range(9)]
    assert all(native.decode(m.topic, m.payload, datetime.now(UTC)).refusals == () for m in ear.heard)


def test_duplicate_loss_and_reorder_do_what_they_say_on_the_wire(ear: Ear, sim: Start) -> None:
    home = sim()
    for device, kind in (("pendant", "duplicate"), ("cord_bathroom", "loss"), ("radar_living", "reorder")):
        home.do(do="fault", device=device, kind=kind)
    home.do(do="press", device="pendant")
    home.do(do="press", device="cord_bathroom")
    home.do(do="rate", rate=600)
    until(lambda: len(ear.on("shouwang/radar_living/heartbeat")) > 4)
    presses = [m.payload for m in ear.on("shouwang/pendant/event")]
    assert len(presses) == 2
    assert presses[0] == presses[1]
    assert ear.on("shouwang/cord_bathroom/event") == []
    seqs = [json.loads(m.payload)["seq"] for m in ear.heard if "radar" in m.topic and not m.topic.endswith("status")]
    assert seqs != sorted(seqs)
    assert Counter(seqs).most_common(1)[0][1] == 1


def test_presses_made_while_the_broker_is_away_arrive_when_it_is_back(broker: Broker, ear: Ear, sim: Start) -> None:
    home = sim()
    broker.kill()
    for _ in range(3):
        home.do(do="press", device="pendant")
        time.sleep(0.4)
    broker.start()
    until(lambda: len(ear.facts("shouwang/pendant/event", "sos")) >= 3, 20)
    seqs = {body["seq"] for body in ear.bodies("shouwang/pendant/event")}
    assert seqs == {2, 3, 4}


def test_a_frozen_broker_is_given_up_and_the_message_comes_again(broker: Broker, ear: Ear, sim: Start) -> None:
    home = sim()
    broker.freeze()
    home.do(do="press", device="pendant")
    time.sleep(6)  # PUBACK is awaited for 5 s
    broker.thaw()
    until(lambda: ear.facts("shouwang/pendant/event", "sos"), 20)
    assert {body["seq"] for body in ear.bodies("shouwang/pendant/event")} == {2}


def test_a_zigbee_home_speaks_through_one_bridge_that_announces_everything_again(ear: Ear, sim: Start) -> None:
    home = sim("--form", "zigbee2mqtt")
    until(lambda: ear.on("zigbee2mqtt/smoke_kitchen"))
    home.do(do="press", device="pendant")
    until(lambda: ear.facts("zigbee2mqtt/pendant", "action"))
    before = len(ear.heard)
    home.do(do="reboot", device="bridge")
    until(lambda: len(ear.on("zigbee2mqtt/bridge/state")) == 3)
    until(lambda: sum(m.topic == "zigbee2mqtt/smoke_kitchen" for m in ear.heard[before:]) == 1)
    states = [json.loads(m.payload)["state"] for m in ear.on("zigbee2mqtt/bridge/state")]
    assert states == ["online", "offline", "online"]
    assert ear.facts("zigbee2mqtt/pendant", "action") == ["emergency"]
    listed = ear.bodies("zigbee2mqtt/bridge/devices")[-1]
    assert [device["friendly_name"] for device in listed][:2] == ["Coordinator", "door_entrance"]
    assert len(listed) == 1 + DEVICES
    decoded = [zigbee2mqtt.decode(m.topic, m.payload, datetime.now(UTC)) for m in ear.heard]
    assert [found.refusals for found in decoded if found.refusals] == []
    kinds = {reading.kind for found in decoded for reading in found.readings}
    assert {Kind.SOS, Kind.BRIDGE, Kind.AVAILABILITY, Kind.BED, Kind.CONTACT, Kind.SMOKE, Kind.FALL} <= kinds


def test_bad_commands_are_refused_and_nothing_else_stops(ear: Ear, sim: Start) -> None:
    home = sim()
    assert home.process.stdin is not None
    home.process.stdin.write("not json\n" + "x" * 200_000 + "\n")
    home.do(do="rate", rate="fast")
    home.do(do="rate", rate=0)
    home.do(do="advance_to", at="2020-01-01T00:00:00Z", rate=10)
    home.do(do="advance_to", at="tomorrow")
    home.do(do="press", device="nobody")
    reasons = [home.event("refused")["reason"] for _ in range(7)]
    assert reasons == [
        "not_json",
        "too_long",
        "bad_field",
        "bad_field",
        "time_is_past",
        "bad_time",
        "unknown_device",
    ]
    home.do(do="press", device="pendant")
    until(lambda: ear.facts("shouwang/pendant/event", "sos"))


def test_a_press_that_the_broker_confirmed_and_lost_is_said_again(broker: Broker, ear: Ear, sim: Start) -> None:
    home = sim()
    until(lambda: len(ear.on("shouwang/pendant/status")) == 1)
    home.do(do="press", device="pendant")
    until(lambda: ear.facts("shouwang/pendant/event", "sos"))
    broker.kill()
    broker.start()
    until(lambda: len(ear.on("shouwang/pendant/event")) >= 2)
    first, *again = ear.bodies("shouwang/pendant/event")
    assert again == [first] * len(again)
