"""The home's broker loses its power with what it had confirmed: the pendant says it again, and one press is told."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.household import LineState
from firmware_sim.identity import Broker, Identity
from firmware_sim.message import Message, Rank
from firmware_sim.session import Session
from tests.broker.gateway_process import Gateway, Hook, home_toml, receiving, until
from tests.faults.forgetful import Forgetful, forgetful, why_not
from tests.mosquitto_broker import Mosquitto, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

PRESS = Message(
    client="pendant",
    topic="shouwang/pendant/event",
    payload=b'{"v":1,"boot":1,"seq":1,"sos":"press"}',
    rank=Rank.URGENT,
    number=(1, 1),
)
WHO = Identity(
    client_id="pendant",
    topic="shouwang/pendant/status",
    online=b"online",
    offline=b"offline",
    heard="shouwang/pendant/heard",
)


@pytest.fixture
def disk() -> Iterator[Forgetful]:
    if why_not():
        pytest.skip(why_not())
    with forgetful("broker") as disk:
        yield disk


@pytest.fixture
def broker(disk: Forgetful, tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker as docs/mqtt.md wants it, whose sessions are on a disk that forgets."""
    folder = tmp_path / "broker"
    folder.mkdir()
    port = free_port()
    options = [
        f"listener {port} 127.0.0.1", "allow_anonymous true", "set_tcp_nodelay true", "persistence true",
        f"persistence_location {disk.path('broker')}/", "autosave_on_changes true", "autosave_interval 1",
    ]  # fmt: skip
    options += ["user root"] if os.geteuid() == 0 else []
    made = Mosquitto(folder=folder, options=options, port=port)
    made.start()
    yield made
    made.kill()


@asynccontextmanager
async def pendant(port: int) -> AsyncIterator[Session]:
    """A pendant's own session, as firmware keeps it."""
    session = Session(Broker(host="127.0.0.1", port=port), WHO)
    session.turn(LineState.UP)
    running = asyncio.create_task(session.run())
    await asyncio.wait_for(session.joined.wait(), 20)
    try:
        yield session
    finally:
        session.stop()
        await asyncio.wait_for(running, 20)


def kept(port: int) -> list[bytes]:
    """What the broker has kept for the gateway, looked at and not acknowledged."""
    found: list[bytes] = []
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id="shouwang-gateway", clean_session=False, manual_ack=True
    )
    client.on_message = lambda _client, _data, message: found.append(message.payload)
    client.connect("127.0.0.1", port)
    for _ in range(20):
        client.loop(0.05)
    client.disconnect()
    while client.socket() is not None:
        client.loop(0.05)
    return found


async def test_a_press_that_was_confirmed_and_then_lost_with_the_power_is_told_once(
    disk: Forgetful, broker: Mosquitto, tmp_path: Path
):
    hook = Hook(free_port())
    config = home_toml(tmp_path, broker.port, hook.port, commit_wait_s=0)
    box = Gateway(config)
    box.start()
    async with receiving(hook), pendant(broker.port) as session:
        await box.connected()
        box.kill()  # the box is off: only the broker has the press
        session.offer(PRESS)
        await until(lambda: len(session.spool) == 0)  # confirmed
        await asyncio.sleep(1.5)  # and long in its file, which nobody flushed into its folder
        session.turn(LineState.CUT)
        broker.kill()
        assert disk.cut_power(["broker"]) > 0
        broker.start()
        assert await asyncio.to_thread(kept, broker.port) == []  # it is gone
        session.turn(LineState.UP)  # it says it again, to a broker that has nobody to give it to
        await until(lambda: len(session.spool) == 0 and session.spool.unheard == 1)
        box.start()
        try:
            await until(lambda: bool(hook.told("emergency")), box.said)
            await until(lambda: session.spool.unheard == 0)
        finally:
            box.kill()
    assert [body["alert"]["count"] for body in hook.bodies if body["alert"]["kind"] == "emergency"] == [1]
