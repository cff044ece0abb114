"""After a day without a receiver: 10,000 alerts go out in order of severity, and a live SOS overtakes them all.

Usage: outage.py [--alerts N] [--presses N] [--takes N]. First table: a store with that many alerts, each with a telling
that has been due since the outage, and a gateway that starts on it; while it tells them, presses come in. The baseline
is the queue without order: there a press waits for everything that is before it. Second table: from a person's
acknowledgement (the home's API) until a telling that was under way to somebody else has been broken off.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import harness
from aiohttp import web
from latency import first_alert

from alerts import ladder
from alerts.lifecycle import Change, Step
from alerts.model import SEVERITY_RANK, Alert, AlertKind, AlertState, Severity
from config.settings import load
from gateway import household
from gateway.batch import Batch
from gateway.store import Store

if TYPE_CHECKING:
    from pathlib import Path

SEVERITIES = (Severity.FAULT, Severity.WARNING, Severity.EMERGENCY)
TOKEN = "a-token-of-some-length-0123456789"  # noqa: S105 - of a gateway that lives for one run


async def fill(config: Path, count: int) -> None:
    """Leave in the store what a day's outage leaves: alerts of every severity and the tellings that are due."""
    settings = load(config, os.environ)
    rungs, store = household.ladder_of(settings), await Store.open(settings.store.path)
    for start in range(0, count, 500):
        batch = Batch()
        for number in range(start, min(start + 500, count)):
            alert = waiting(number)
            batch.alerts.append(alert)
            plan = ladder.plan(rungs, Change(alert=alert, step=Step.OPENED, previous=None))
            batch.deliveries += [row for row in plan.deliveries if row.due_at <= alert.called_from]
        await store.commit(batch)
    await store.close()


def waiting(number: int) -> Alert:
    """Give an alert that was opened during the outage; the gravest are neither the oldest nor the newest."""
    at = datetime.now(UTC) - timedelta(seconds=30) + timedelta(microseconds=number)
    return Alert(
        key=f"outage:{number}",
        kind=AlertKind.SYSTEM,
        severity=SEVERITIES[number % 3],
        subject=f"part-{number}",
        state=AlertState.OPEN,
        since=at - timedelta(hours=12),
        opened_at=at,
        reason="trouble",
        last_at=at,
        updated_at=at,
        called_from=at,
    )


async def drain(count: int, presses: int) -> list[list[str]]:
    """Start a gateway on the full store, press while it tells, and see in which order everything arrives."""
    with harness.folder() as where, ExitStack() as stack:
        broker, port = harness.free_port(), harness.free_port()
        stack.enter_context(harness.mosquitto(where, broker))
        config = harness.home(where, broker, port)
        async with harness.hook(port) as receiver:
            publisher = harness.Publisher(broker)
            with harness.process(harness.gateway(config), where / "target.log"):
                await first_alert(publisher, receiver)  # from now on the broker keeps presses for this gateway
            await fill(config, count)
            stack.enter_context(harness.process(harness.gateway(config), where / "target.log"))
            await receiver.wait_for(lambda body: body["alert"]["key"].startswith("outage"), 60)
            await overtake(publisher, receiver)  # which also waits for the gateway to reach the broker
            overtaken = [await overtake(publisher, receiver) for _ in range(presses)]
            keys: set[str] = set()
            while len(keys) < count:
                await asyncio.sleep(0.2)
                keys = {body["alert"]["key"] for _, body in receiver.arrived if body["alert"]["key"] != "sos"}
                keys = {key for key in keys if key.startswith("outage")}
            publisher.close()
            return [summary(count, receiver.arrived, overtaken)]


async def overtake(publisher: harness.Publisher, receiver: harness.Hook) -> float:
    """Press once; give the seconds until it was told."""
    arrives = asyncio.create_task(receiver.wait_for(lambda body: body["alert"]["kind"] == "emergency", 60))
    await asyncio.sleep(0)
    began = publisher.press(0)
    took = await arrives - began
    await asyncio.sleep(0.05)
    return took


def summary(count: int, arrived: list[tuple[float, dict[str, Any]]], overtaken: list[float]) -> list[str]:
    """Give the table's line: how long it took, how many came before a graver one, how long a press waited."""
    first: dict[str, tuple[float, int]] = {}
    for at, body in arrived:
        alert = body["alert"]
        if alert["key"].startswith("outage"):
            first.setdefault(alert["key"], (at, SEVERITY_RANK[Severity(alert["severity"])]))
    ranks = [rank for _, rank in first.values()]
    wrong = sum(rank > later for rank, later in itertools.pairwise(ranks))
    began, ended = min(at for at, _ in first.values()), max(at for at, _ in first.values())
    middle, slowest = statistics.median(overtaken) * 1000, max(overtaken) * 1000
    return [
        str(count),
        f"{ended - began:.1f}",
        str(wrong),
        f"{middle:.0f}",
        f"{slowest:.0f}",
        f"{(ended - began) * 1000:.0f}",
    ]


class Deaf:
    """A receiver that never answers, and notes when it is hung up on."""

    def __init__(self) -> None:
        self.ringing = asyncio.Event()
        self.broken_off = asyncio.Event()
        self.at = 0.0

    async def take(self, _request: web.Request) -> web.Response:
        """Ring until cancelled."""
        self.ringing.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.at = time.perf_counter()
            self.broken_off.set()
            raise
        return web.Response()


async def stops(takes: int) -> list[float]:
    """Press, take it by the home's API, and see when the telling to somebody else is broken off; again and again."""
    with harness.folder() as where, ExitStack() as stack:
        broker, port, deaf_port, api = (harness.free_port() for _ in range(4))
        stack.enter_context(harness.mosquitto(where, broker))
        config = harness.home(where, broker, port, api=api)
        text = config.read_text("utf-8").replace("[store]", rung(deaf_port) + "[store]", 1)
        config.write_text(text.replace("[limits]", 'token = { env = "API_TOKEN" }\n[limits]', 1), "utf-8")
        deaf, found = Deaf(), list[float]()
        async with harness.hook(port) as receiver, listening(deaf, deaf_port), aiohttp.ClientSession() as http:
            environment = {"API_TOKEN": TOKEN}
            stack.enter_context(harness.process(harness.gateway(config), where / "target.log", **environment))
            publisher = harness.Publisher(broker)
            await first_alert(publisher, receiver)
            for _ in range(takes):
                found.append(await take_one(publisher, receiver, deaf, http, api))
            publisher.close()
        return found


def rung(port: int) -> str:
    """Give the second contact, who never answers."""
    return f'[[ladder]]\ncontact = "deaf"\nchannels = ["webhook"]\nafter_s = 0\nurl = "http://127.0.0.1:{port}/hook"\n'


class listening:  # noqa: N801 - used as a block
    """A receiver for as long as the block lasts, whose handlers are cancelled when they are hung up on."""

    def __init__(self, deaf: Deaf, port: int) -> None:
        application = web.Application()
        application.router.add_post("/hook", deaf.take)
        self._runner, self._port = web.AppRunner(application, access_log=None, handler_cancellation=True), port

    async def __aenter__(self) -> None:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, shutdown_timeout=0.1).start()

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self._runner.cleanup()


async def take_one(
    publisher: harness.Publisher, receiver: harness.Hook, deaf: Deaf, http: aiohttp.ClientSession, api: int
) -> float:
    """Give the seconds from the acknowledgement to the end of the other telling; the next press opens it again."""
    deaf.ringing.clear()
    told = asyncio.create_task(receiver.wait_for(lambda body: body["alert"]["state"] == "open", 20))
    await asyncio.sleep(0)
    publisher.press(0)
    await told
    await asyncio.wait_for(deaf.ringing.wait(), 20)
    deaf.broken_off.clear()  # the press has broken off what was still being told of the last one
    began = time.perf_counter()
    await acknowledge(http, api, receiver.arrived[-1][1]["alert"]["key"])
    await asyncio.wait_for(deaf.broken_off.wait(), 20)
    await asyncio.sleep(0.3)
    return deaf.at - began


async def acknowledge(http: aiohttp.ClientSession, api: int, key: str) -> None:
    """Take an alert by the home's API."""
    url, headers = f"http://127.0.0.1:{api}/alerts/acknowledge", {"Authorization": f"Bearer {TOKEN}"}
    async with http.post(url, json={"key": key, "by": "值班"}, headers=headers) as answer:
        if answer.status >= 400:  # HTTP's own bound
            raise RuntimeError(f"{answer.status}: {await answer.text()}")


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--presses", type=int, default=10)
    parser.add_argument("--takes", type=int, default=50)
    arguments = parser.parse_args()
    print(f"{arguments.alerts} alerts waiting ...", flush=True)
    lines = await drain(arguments.alerts, arguments.presses)
    heads = [
        "alerts",
        "drained in s",
        "told before a graver one",
        "press told in ms, median",
        "slowest",
        "without order, ms",
    ]
    harness.table(heads, lines)
    print(f"{arguments.takes} acknowledgements ...", flush=True)
    q = harness.quantiles(await stops(arguments.takes))
    harness.table(
        ["taken → others stopped", "p50 ms", "p95 ms", "p99 ms", "max ms"], [["webhook", *(f"{v:.1f}" for v in q)]]
    )


if __name__ == "__main__":
    asyncio.run(main())
