"""Everything that `shouwang test` proves, as processes: a simulated home, its gateway, a station, a daughter's hook."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.broker.gateway_process import TOKEN, Gateway, Hook, gateway, receiving, until
from tests.mosquitto_broker import free_port
from tests.station.station_process import HOME_SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.station.station_process import StationProcess

HOME = """
[home]
id = "home-001"
[bed]
code = "HD-0417"
address = "海拉尔大街 12 号"
how_to_enter = "敲门"
[resident]
name = "王秀英"
birth_year = 1941
ability_level = 1
[broker]
port = {broker}
[station]
host = "127.0.0.1"
port = {station_broker}
tls = false
secret = {{ env = "KEY" }}
[[rooms]]
id = "bathroom"
name = "卫生间"
kind = "bathroom"
[[devices]]
id = "cord_bathroom"
dialect = "native"
role = "sos"
name = "卫生间拉绳"
room = "bathroom"
[[devices]]
id = "pendant"
dialect = "native"
role = "sos"
name = "随身按钮"
[[ladder]]
contact = "station"
channels = ["station"]
after_s = 0
[[ladder]]
contact = "女儿"
channels = ["webhook"]
after_s = 120
url = "http://127.0.0.1:{hook}/hook"
[store]
path = "{folder}/store.db"
[api]
port = {api}
token = {{ env = "API_TOKEN" }}
[limits]
trial_window_s = 20
"""


@dataclass(slots=True)
class Chain:
    """The processes, and what is said to and by each."""

    folder: Path
    box: Gateway
    station: StationProcess
    hook: Hook
    home: subprocess.Popen[str]
    takes: bool = True
    taken: set[int] = field(default_factory=set)

    def presses(self, device: str) -> None:
        """A finger on a simulated button."""
        assert self.home.stdin is not None
        self.home.stdin.write(json.dumps({"do": "press", "device": device}) + "\n")
        self.home.stdin.flush()

    async def staff(self) -> None:
        """Takes each test alert as soon as the station shows it."""
        while True:
            for alert in await asyncio.to_thread(self.station.live) if self.takes else []:
                if alert["test"] and alert["untaken"] and alert["id"] not in self.taken:
                    self.taken.add(alert["id"])
                    path = f"/api/alerts/{alert['id']}/decision"
                    await asyncio.to_thread(self.station.call, path, {"action": "acknowledged"})
            await asyncio.sleep(0.05)

    def closed(self) -> list[dict[str, Any]]:
        alerts: list[dict[str, Any]] = self.station.call("/api/alerts?live=0")["alerts"]
        return alerts


@asynccontextmanager
async def chained(folder: Path, brokers: tuple[int, int], station: StationProcess) -> AsyncIterator[Chain]:
    """Starts a home and its gateway beside a station that runs; gives them once they are connected."""
    os.environ["KEY"] = HOME_SECRET
    hook, path, api = Hook(free_port()), folder / "home.toml", free_port()
    path.write_text(
        HOME.format(broker=brokers[0], station_broker=brokers[1], hook=hook.port, folder=folder, api=api),
        "utf-8",
    )
    station.log_in()
    async with receiving(hook):
        with gateway(path) as box:
            home = _simulated(brokers[0])
            chain = Chain(folder, box, station, hook, home)
            staff = asyncio.create_task(chain.staff())
            try:
                await box.connected()
                await until(lambda: "link station is up" in box.said(), box.said)
                await until(lambda: _answers(api), box.said)
                assert home.stdout is not None
                while '"ready"' not in await asyncio.to_thread(home.stdout.readline):
                    assert home.poll() is None
                yield chain
            finally:
                staff.cancel()
                with suppress(asyncio.CancelledError):
                    await staff
                home.kill()
                home.communicate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _simulated(port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "firmware_sim", "--broker", f"127.0.0.1:{port}", "--control", "stdin"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@dataclass(slots=True)
class Guide:
    """`shouwang test` as a process; what it prints, and somebody who answers on its terminal."""

    process: asyncio.subprocess.Process
    keyboard: int | None
    said: list[str] = field(default_factory=list)

    async def until_it_says(self, words: str) -> str:
        """Reads on until a line holds these words."""
        async with asyncio.timeout(40):
            while True:
                assert self.process.stdout is not None
                line = (await self.process.stdout.readline()).decode()
                assert line, "\n".join(self.said)
                self.said.append(line)
                if words in line:
                    return line

    async def ends(self) -> int:
        assert self.process.stdout is not None
        async with asyncio.timeout(40):
            while line := (await self.process.stdout.readline()).decode():
                self.said.append(line)
            return await self.process.wait()

    def types(self, text: str) -> None:
        assert self.keyboard is not None
        os.write(self.keyboard, text.encode())


@asynccontextmanager
async def guided(config: Path, *options: str, person: bool = False) -> AsyncIterator[Guide]:
    """Starts the guide; with a person, on a terminal of its own."""
    keyboard, terminal = pty.openpty() if person else (None, asyncio.subprocess.DEVNULL)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "test", "--config", str(config), *options,
        stdin=terminal, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "API_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    if person:
        os.close(terminal)
    try:
        yield Guide(process, keyboard)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if keyboard is not None:
            os.close(keyboard)
