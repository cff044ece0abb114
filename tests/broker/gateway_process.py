"""A real gateway process at a real broker, whoever it tells, and a device that speaks to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
from aiohttp import web
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

START_S = 20.0
TOKEN = "a-token-of-some-length-0123456789"
HOME = """
[home]
id = "home-1"
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
[[rooms]]
id = "living"
name = "客厅"
kind = "living_room"
{devices}
[[ladder]]
contact = "hook"
channels = ["webhook"]
after_s = 0
url = "http://127.0.0.1:{hook}/hook"
[store]
path = "{store}"
[api]
enabled = {api}
port = {api_port}
token = {{ env = "API_TOKEN" }}
[limits]
{limits}
"""
DEVICES = {
    "button": ("zigbee2mqtt", "sos"),
    "flag": ("zigbee2mqtt", "sos"),
    "motion": ("zigbee2mqtt", "motion"),
    "door": ("zigbee2mqtt", "entrance"),
    "pendant": ("native", "sos"),
}


def home_toml(
    folder: Path, broker: int, hook: int, *, store: Path | None = None, api: int = 0, **limits: float
) -> Path:
    """Writes the configuration of a home whose only rung is a webhook."""
    devices = "".join(
        f'[[devices]]\nid = "{name}"\ndialect = "{dialect}"\nrole = "{role}"\nname = "{name}"\nroom = "living"\n'
        for name, (dialect, role) in DEVICES.items()
    )
    path = folder / "home.toml"
    said = HOME.format(
        broker=broker,
        hook=hook,
        devices=devices,
        store=store or folder / "store.db",
        api="true" if api else "false",
        api_port=api or 8080,
        limits="".join(f"{name} = {value}\n" for name, value in limits.items()),
    )
    path.write_text(said, "utf-8")
    return path


@dataclass(slots=True)
class Gateway:
    """`python -m gateway run`, which a test may kill and start again; ended by its own process id."""

    config: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "gateway", "run", "--config", str(self.config)]
            environment = {**os.environ, "API_TOKEN": TOKEN}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Asks it to end and gives its exit code."""
        return self._end(signal.SIGTERM)

    @property
    def log(self) -> Path:
        return self.config.with_suffix(".log")

    async def connected(self, times: int = 1) -> None:
        """Waits until it has told so often in its log that the broker is up."""
        await until(lambda: self.said().count("link broker is up") >= times, self.said)

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def _end(self, number: int) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        try:
            return self.process.wait(START_S)
        finally:
            self.process.kill()
            self.process = None


@contextmanager
def gateway(config: Path) -> Iterator[Gateway]:
    """A started gateway that is gone afterwards."""
    made = Gateway(config)
    made.start()
    try:
        yield made
    finally:
        made.kill()


@dataclass(slots=True)
class Hook:
    """A webhook receiver: well, refusing every POST, or taking it and never answering."""

    port: int
    mood: str = "well"
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    refused: int = 0
    _well: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.mood == "well":
            self.bodies.append(body)
            self.keys.append(request.headers["Idempotency-Key"])
            return web.Response()
        self.refused += 1
        if self.mood == "hangs":
            await self._well.wait()
            raise web.HTTPServiceUnavailable
        return web.Response(status=500)

    def recover(self) -> None:
        self.mood = "well"
        self._well.set()

    @property
    def ids(self) -> set[str]:
        return {body["delivery"] for body in self.bodies}

    def counted(self, kind: str) -> int:
        """The most occurrences that any telling counted: what came at the same moment is told together."""
        return max((body["alert"]["count"] for body in self.bodies if body["alert"]["kind"] == kind), default=0)

    def told(self, kind: str) -> set[str]:
        return {body["delivery"] for body in self.bodies if body["alert"]["kind"] == kind}


@asynccontextmanager
async def receiving(hook: Hook) -> AsyncIterator[None]:
    """Listens on the hook's port for as long as the block lasts; outside it, connections are refused."""
    application = web.Application()
    application.router.add_post("/hook", hook.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", hook.port, reuse_address=True).start()
    try:
        yield
    finally:
        await runner.cleanup()


class Device:
    """A device or bridge that publishes with QoS 1 and says it again until the broker has it."""

    def __init__(self, port: int, name: str = "device") -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self.client.reconnect_delay_set(1, 1)
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.sequence = 0

    def says(self, topic: str, body: object, *, qos: int = 1, retain: bool = False) -> paho.MQTTMessageInfo:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.publish(topic, payload, qos=qos, retain=retain)

    def presses(self) -> paho.MQTTMessageInfo:
        """The native pendant: every press has a number."""
        self.sequence += 1
        return self.says("shouwang/pendant/event", {"v": 1, "boot": 1, "seq": self.sequence, "sos": "press"})

    def pushes(self) -> paho.MQTTMessageInfo:
        """The Zigbee button: every press has the same bytes."""
        return self.says("zigbee2mqtt/button", {"action": "emergency"})

    def moves(self, number: int) -> paho.MQTTMessageInfo:
        return self.says("zigbee2mqtt/motion", {"occupancy": number % 2 == 0, "linkquality": number % 200})

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def device(port: int, name: str = "device") -> Iterator[Device]:
    """A device that is gone afterwards."""
    made = Device(port, name)
    try:
        yield made
    finally:
        made.close()


async def until(true: Callable[[], bool], why: Callable[[], str] = lambda: "", within_s: float = START_S) -> None:
    """Waits until something is true; fails with `why()` when it never is."""
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, why()
        await asyncio.sleep(0.02)


def stored(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """What the gateway's store says, read beside it."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=5)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
