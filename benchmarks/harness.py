"""What the benchmarks share: a real broker, a home's configuration, a webhook receiver, and processes ended by id."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
from aiohttp import web
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

READERS = 30
"""Devices that send readings beside the press. Source: the peers were measured with 30."""


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def listening(port: int, timeout_s: float = 10.0) -> None:
    """Wait until somebody listens on a port of 127.0.0.1."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.01)
    raise TimeoutError(f"nothing listens on port {port}")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Give a folder of its own that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="shouwang-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def process(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for as long as the block lasts."""
    with log.open("ab") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})
    try:
        yield child
    except Exception:
        print(log.read_text("utf-8", "replace")[-2000:])
        raise
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextlib.contextmanager
def mosquitto(
    where: Path, port: int, *, queue: int = 1000, persistence: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    """Run mosquitto as a home should, with its default in-flight window; queue 0 never drops.

    Without persistence it is as it was when the peers were measured: no saving beside whoever is timed.
    """
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    kept = where / "broker"
    kept.mkdir(exist_ok=True)
    config = where / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages {queue}\n"
        f"persistence {str(persistence).lower()}\npersistence_location {kept}/\n"
        "autosave_on_changes true\nautosave_interval 1\n"
        f"user {'root' if os.geteuid() == 0 else os.environ.get('USER', 'nobody')}\n"
    )
    with process([program, "-c", str(config)], where / "mosquitto.log") as child:
        listening(port)
        yield child


def home(where: Path, broker: int, hook: int, *, limits: str = "", api: int = 0) -> Path:
    """Write the configuration of a home with one button and 30 motion sensors, whose only rung is a webhook."""
    rooms = '[[rooms]]\nid = "living"\nname = "客厅"\nkind = "living_room"\n'
    devices = ['[[devices]]\nid = "sos"\ndialect = "zigbee2mqtt"\nrole = "sos"\nname = "求助按钮"\nroom = "living"\n']
    devices += [
        f'[[devices]]\nid = "pir{n}"\ndialect = "zigbee2mqtt"\nrole = "motion"\nname = "移动{n}"\nroom = "living"\n'
        for n in range(READERS)
    ]
    path = where / "home.toml"
    path.write_text(
        f"""
[home]
id = "bench"
[bed]
code = "BENCH-1"
address = "测试路 1 号"
how_to_enter = "敲门"
[resident]
name = "测试"
birth_year = 1940
ability_level = 1
{rooms}{"".join(devices)}
[broker]
port = {broker}
[[ladder]]
contact = "hook"
channels = ["webhook"]
after_s = 0
url = "http://127.0.0.1:{hook}/hook"
[store]
path = "{where / "store.db"}"
[api]
enabled = {"true" if api else "false"}
port = {api or 8080}
[limits]
{limits}
""",
        "utf-8",
    )
    return path


def gateway(config: Path) -> list[str]:
    """Give the command that watches over a home."""
    return [sys.executable, "-m", "gateway", "run", "--config", str(config)]


def floor(broker: int, hook: int, where: Path) -> list[str]:
    """Give the command of the durable floor."""
    return [sys.executable, str(Path(__file__).with_name("floor.py")), str(broker), str(hook), str(where / "floor.db")]


@dataclass
class Hook:
    """A webhook receiver that notes when each delivery came."""

    port: int
    arrived: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    waiting: list[tuple[Callable[[dict[str, Any]], bool], asyncio.Future[float]]] = field(default_factory=list)
    status: int = 200

    async def take(self, request: web.Request) -> web.Response:
        """Note a delivery."""
        at = time.perf_counter()
        body = json.loads(await request.read())
        if self.status == 200:
            self.arrived.append((at, body))
            for wanted, future in self.waiting:
                if not future.done() and wanted(body):
                    future.set_result(at)
        return web.Response(status=self.status)

    async def wait_for(self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float) -> float:
        """Wait for a delivery that will come; give when it came."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.waiting.append((wanted, future))
        try:
            return await asyncio.wait_for(future, timeout_s)
        finally:
            self.waiting = [w for w in self.waiting if w[1] is not future]


@contextlib.asynccontextmanager
async def hook(port: int) -> AsyncIterator[Hook]:
    """Receive webhooks for as long as the block lasts."""
    receiver = Hook(port)
    application = web.Application()
    application.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()


class Publisher:
    """A plain MQTT client, as a bridge would be."""

    def __init__(self, port: int, name: str = "bench") -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", port)
        self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.loop_start()

    def press(self, number: int) -> float:
        """Publish a call for help; give when."""
        at = time.perf_counter()
        self.client.publish("zigbee2mqtt/sos", json.dumps({"action": "emergency", "linkquality": number % 255}), qos=1)
        return at

    def reading(self, number: int, qos: int = 0) -> mqtt.MQTTMessageInfo:
        """Publish a motion reading of one of the 30 devices."""
        body = json.dumps({"occupancy": number // READERS % 2 == 0, "linkquality": number % 255, "battery": 90})
        return self.client.publish(f"zigbee2mqtt/pir{number % READERS}", body, qos=qos)

    def close(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()


def cpu_s(pid: int) -> float:
    """Give the user and system time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Give the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def quantiles(values: Iterable[float]) -> tuple[float, float, float, float]:
    """Give p50, p95, p99 and the largest, in milliseconds, of seconds."""
    ordered = sorted(v * 1000 for v in values)
    cut = statistics.quantiles(ordered, n=100, method="inclusive")
    return cut[49], cut[94], cut[98], ordered[-1]


def table(heads: list[str], lines: list[list[str]]) -> None:
    """Print a table."""
    widths = [max(len(str(line[i])) for line in [heads, *lines]) for i in range(len(heads))]
    for line in [heads, ["-" * w for w in widths], *lines]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths, strict=True)))
