"""The person on duty: looks at the console's own stream, and takes what needs a person after a while."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.faults.papers import DUTY, PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from random import Random

AGAIN_S = 0.5
"""Between tries while the console cannot be reached."""

PATIENCE_S = 20.0
"""How long a person looks at a console that says nothing, which pings twice as often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What the person did and the station took.

    Args:
        at: Unix time.
        key: of the alert.
        action: "acknowledged" or "closed".
        revision: that the console showed.
    """

    at: float
    key: str
    action: str
    revision: int


@dataclass(slots=True)
class Duty:
    """One person at one console.

    Args:
        address: of the console.
        rng: how quick the person is.
        leaves_calls: whether calls for help are left to the hotline's telephone.
    """

    address: str
    rng: Random
    leaves_calls: bool = False
    acts: list[Act] = field(default_factory=list)
    live: list[dict[str, Any]] = field(default_factory=list)
    seen_at: float = 0.0
    acted: asyncio.Event = field(default_factory=asyncio.Event)
    _due: dict[tuple[str, int], float] = field(default_factory=dict)

    async def run(self) -> None:
        """Works until cancelled; a console that is gone is tried again."""
        timeout = aiohttp.ClientTimeout(total=None, connect=5, sock_read=PATIENCE_S)
        async with aiohttp.ClientSession(
            timeout=timeout, read_bufsize=1 << 22, cookie_jar=aiohttp.CookieJar(unsafe=True)
        ) as http:
            while True:
                try:
                    await self._work(http)
                except (aiohttp.ClientError, TimeoutError, OSError):
                    self.live = []
                await asyncio.sleep(AGAIN_S)

    async def close_all(self) -> None:
        """Closes what has been taken, one after the other, on connections of its own."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            await self._log_in(http)
            async with http.get(f"{self.address}/api/alerts?live=1") as answer:
                alerts = (await answer.json())["alerts"]
            for alert in alerts:
                await self._decide(http, alert, "closed", outcome="test")

    async def _work(self, http: aiohttp.ClientSession) -> None:
        await self._log_in(http)
        looking = asyncio.create_task(self._look(http))
        try:
            while not looking.done():
                await self._take_what_is_due(http)
                await asyncio.wait((looking,), timeout=0.05)
            await looking
        finally:
            looking.cancel()

    async def _log_in(self, http: aiohttp.ClientSession) -> None:
        async with http.post(f"{self.address}/api/login", json={"name": DUTY, "password": PASSWORD}) as answer:
            answer.raise_for_status()

    async def _look(self, http: aiohttp.ClientSession) -> None:
        async for picture in self._pictures(http):
            self.live, self.seen_at = picture["alerts"], time.time()
            for alert in self.live:
                if alert["untaken"]:
                    name = (alert["alert_key"], alert["revision"])
                    self._due.setdefault(name, time.monotonic() + self.rng.choice((0.0, 0.2, 0.5, 1.5)))

    async def _pictures(self, http: aiohttp.ClientSession) -> AsyncIterator[dict[str, Any]]:
        async with http.get(f"{self.address}/api/stream") as answer:
            answer.raise_for_status()
            while line := await answer.content.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    async def _take_what_is_due(self, http: aiohttp.ClientSession) -> None:
        mine = [alert for alert in self.live if not (self.leaves_calls and alert["kind"] == "emergency")]
        for alert in [alert for alert in mine if alert["untaken"]]:
            name = (alert["alert_key"], alert["revision"])
            if self._due.get(name, float("inf")) <= time.monotonic():
                del self._due[name]
                await self._decide(http, alert, "acknowledged")

    async def _decide(self, http: aiohttp.ClientSession, alert: dict[str, Any], action: str, **more: str) -> None:
        body = {"action": action, "revision": alert["revision"], **more}
        at = time.time()
        async with http.post(f"{self.address}/api/alerts/{alert['id']}/decision", json=body) as answer:
            taken = answer.status == 200
        if taken:
            self.acts.append(Act(at=at, key=alert["alert_key"], action=action, revision=alert["revision"]))
            self.acted.set()
            self.acted = asyncio.Event()
        elif answer.status >= 500:
            self._due[alert["alert_key"], alert["revision"]] = time.monotonic() + 1.0
