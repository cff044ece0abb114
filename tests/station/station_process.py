"""A real station process, started and ended by a test; and a home that talks to it through a real broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alerts.link import Link, LinkDown, Message, PublishTimeout
from alerts.model import AlertState
from alerts.wire import Action, Decision, DecisionReceipt, Receipt, unseal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

START_S = 20.0
PASSWORD = "correct horse"
HOME_SECRET = "a secret of thirty-two bytes ...."


@dataclass(slots=True, kw_only=True)
class StationProcess:
    """`python -m alerts.station` on a free port; start it again after `stop` or `kill`."""

    folder: Path
    broker_port: int
    http_port: int
    password_hash: str
    silence_s: int = 180
    process: subprocess.Popen[bytes] | None = None
    cookie: str = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def start(self) -> None:
        (self.folder / "station.toml").write_text(self._settings(), encoding="utf-8")
        (self.folder / "home.key").write_text(HOME_SECRET, encoding="utf-8")
        command = [sys.executable, "-m", "alerts.station", "--config", str(self.folder / "station.toml")]
        with (self.folder / "station.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PYTHONDEVMODE": ""})
        give_up = time.monotonic() + START_S
        while not self._healthy():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < give_up, self.log()
            time.sleep(0.05)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def log(self) -> str:
        return (self.folder / "station.log").read_text(encoding="utf-8", errors="replace")

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(self.address + path)  # noqa: S310 - our own address
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        request.add_header("Cookie", self.cookie)
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            self.cookie = (answer.headers.get("Set-Cookie") or self.cookie).partition(";")[0]
            return json.load(answer)

    def log_in(self, name: str = "李护士") -> None:
        self.call("/api/login", {"name": name, "password": PASSWORD})

    def live(self) -> list[dict[str, Any]]:
        alerts: list[dict[str, Any]] = self.call("/api/alerts?live=1")["alerts"]
        return alerts

    def _healthy(self) -> bool:
        try:
            return bool(self.call("/health")["healthy"])
        except (urllib.error.URLError, ConnectionError):
            return False

    def _end(self, number: int) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(START_S)
        self.process = None
        return code

    def _settings(self) -> str:
        return f"""
name = "海拉尔大街驿站"
station_silence_s = {self.silence_s}
store = "{self.folder / "station.db"}"

[broker]
port = {self.broker_port}

[http]
port = {self.http_port}

[homes.home-001]
secret = {{ file = "{self.folder / "home.key"}" }}
bed_code = "HD-0417"
name = "王秀英"

[staff]
"李护士" = "{self.password_hash}"
"王师傅" = "{self.password_hash}"
"""


@dataclass(slots=True)
class TalkingHome:
    """A home's link to the station's broker: what it was told, and a patient way of telling."""

    end: Any  # the HomeEnd of conftest.py
    port: int
    receipts: dict[str, Receipt] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    answers: bool = True
    link: Link = field(init=False)
    _answering: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        topics = self.end.topics
        self.link = Link(
            host="127.0.0.1",
            port=self.port,
            client_id=f"home-{self.end.home}",
            subscriptions=[(topics.receipt, 1), (topics.decision, 1)],
            on_message=self._hear,
            on_state=lambda _connected, _reason: None,
        )

    def _hear(self, message: Message) -> None:
        if message.topic == self.end.topics.receipt:
            receipt = unseal(Receipt, message.topic, message.payload, self.end.secret)
            self.receipts[receipt.delivery_id] = receipt
        else:
            decision = unseal(Decision, message.topic, message.payload, self.end.secret)
            if decision not in self.decisions:
                self.decisions.append(decision)
            if self.answers:
                task = asyncio.create_task(self._answer(decision))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
        self.link.ack(message)

    async def _answer(self, decision: Decision) -> None:
        on_the_way = decision.action is Action.SET_OUT
        state = AlertState.ACKNOWLEDGED if on_the_way else AlertState(decision.action)
        body = DecisionReceipt(id=decision.id, state=state)
        await self.publish(*self.end.says(self.end.topics.decision_receipt, body))

    async def publish(self, topic: str, payload: bytes) -> None:
        with contextlib.suppress(LinkDown, PublishTimeout):
            await self.link.publish(topic, payload, timeout_s=2)

    async def until(self, true: Callable[[], bool], seconds: float = 15.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.02)

    async def tell(self, delivery: str, alert: Any) -> None:  # noqa: ANN401 - an Alert
        """Tells until it is receipted, as the home's outbox does."""
        packet = self.end.tells(delivery, alert)
        while delivery not in self.receipts:
            await self.publish(*packet)
            with contextlib.suppress(TimeoutError):
                await self.until(lambda: delivery in self.receipts, 1.0)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[TalkingHome]:
        task = asyncio.create_task(self.link.run())
        try:
            await self.until(lambda: self.link.connected)
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
