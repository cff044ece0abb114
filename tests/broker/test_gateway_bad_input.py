"""Whatever arrives, it is refused by name, counted, kept for the installer and acknowledged; the next press is told."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING

import aiohttp

from alerts.link import Link
from tests.broker.gateway_process import TOKEN, Device, Hook, device, gateway, home_toml, receiving, stored, until
from tests.mosquitto_broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alerts.link import Message
    from tests.mosquitto_broker import Mosquitto

BAD: dict[str, tuple[str, bytes]] = {
    "not_utf8": ("zigbee2mqtt/button", b'{"action": "\xff\xfe"}'),
    "not_json": ("zigbee2mqtt/button", b'{"action": "emerg'),
    "too_big": ("zigbee2mqtt/button", b'{"action": "emergency", "x": "' + b"x" * 70_000 + b'"}'),
    "too_deep": ("shouwang/pendant/event", b"[" * 60_000),
    "not_an_object": ("shouwang/pendant/event", b'"press"'),
    "wrong_type": ("shouwang/pendant/event", b'{"v": 1, "boot": 1, "seq": 9001, "contact": 1}'),
    "not_a_number": ("shouwang/pendant/event", b'{"v": 1, "boot": 1, "seq": 9002, "battery_percent": NaN}'),
    "out_of_range": ("shouwang/pendant/event", b'{"v": 1, "boot": 1, "seq": 9003, "battery_percent": 1e9}'),
    "unknown_value": ("shouwang/pendant/event", b'{"v": 1, "boot": 1, "seq": 9004, "contact": "OPEN"}'),
    "unknown_device": ("zigbee2mqtt/stranger", b'{"action": "emergency"}'),
    "unknown_topic": ("shouwang/pendant/noise", b"{}"),
    "no_fact": ("shouwang/pendant/event", b'{"v": 1, "boot": 1, "seq": 9005}'),
    "empty": ("shouwang/pendant/event", b""),
}


async def test_bad_messages_are_refused_by_name_and_the_next_press_is_told(
    mosquitto: Callable[..., Mosquitto], tmp_path: Path
):
    broker, hook, api = mosquitto(), Hook(free_port()), free_port()
    async with receiving(hook):
        with (
            gateway(home_toml(tmp_path, broker.port, hook.port, api=api, commit_wait_s=0)) as box,
            device(broker.port) as home,
        ):
            await box.connected()
            for _ in range(3):
                for topic, payload in BAD.values():
                    home.says(topic, payload).wait_for_publish(5)
            home.pushes()
            await until(lambda: bool(hook.bodies), box.said, within_s=5)
            counted = await _counted(api)
            assert box.stop() == 0
        refused = dict(stored(tmp_path / "store.db", "SELECT reason, sum(count) FROM refusals GROUP BY reason"))
        assert {reason: refused.get(reason) for reason in BAD} == dict.fromkeys(BAD, 3)
        assert {reason: counted.get(reason) for reason in BAD} == dict.fromkeys(BAD, 3)
        assert [body["alert"]["count"] for body in hook.bodies] == [1]
        assert await _left_in_flight(broker.port) == []


async def test_a_flood_of_different_bad_topics_is_bounded(mosquitto: Callable[..., Mosquitto], tmp_path: Path):
    broker, hook, api = mosquitto(), Hook(free_port()), free_port()
    config = home_toml(tmp_path, broker.port, hook.port, api=api, commit_wait_s=0, refusals_kept=50)
    async with receiving(hook):
        with gateway(config) as box, device(broker.port) as home:
            await box.connected()
            for number in range(1500):
                last = home.says(f"zigbee2mqtt/stranger{number}", {"action": "emergency"})
                if number % 10 == 0:
                    home.moves(number)
            last.wait_for_publish(10)
            home.pushes()
            await until(lambda: bool(hook.bodies), box.said, within_s=5)
            assert (await _counted(api))["unknown_device"] == 1500
            ((kept,),) = stored(tmp_path / "store.db", "SELECT count(*) FROM refusals")
            assert 0 < kept <= 200  # what one minute may write
            assert box.stop() == 0
    ((kept,),) = stored(tmp_path / "store.db", "SELECT count(*) FROM refusals")
    assert 50 <= kept <= 200


async def test_retained_messages_are_old_news_but_for_who_is_gone(mosquitto: Callable[..., Mosquitto], tmp_path: Path):
    broker, hook = mosquitto(), Hook(free_port())
    async with receiving(hook):
        with device(broker.port) as home:
            home.says("zigbee2mqtt/button", {"action": "emergency"}, retain=True).wait_for_publish(5)
            home.says("zigbee2mqtt/motion/availability", b"online", retain=True).wait_for_publish(5)
            home.says("zigbee2mqtt/door/availability", {"state": "offline"}, retain=True).wait_for_publish(5)
            with gateway(home_toml(tmp_path, broker.port, hook.port, commit_wait_s=0)) as box:
                await box.connected()
                await until(lambda: bool(hook.told("silence")), box.said, within_s=5)
                assert [(b["alert"]["kind"], b["device"]["id"]) for b in hook.bodies] == [("silence", "door")]
                home.pushes()
                await until(lambda: hook.counted("emergency") > 0, box.said, within_s=5)
    refused = stored(
        tmp_path / "store.db", "SELECT topic, count FROM refusals WHERE reason = 'retained' ORDER BY topic"
    )
    assert refused == [("zigbee2mqtt/button", 1), ("zigbee2mqtt/motion/availability", 1)]
    assert stored(tmp_path / "store.db", "SELECT count FROM alerts WHERE kind = 'emergency'") == [(1,)]


async def test_repeats_are_one_press_and_presses_are_presses(mosquitto: Callable[..., Mosquitto], tmp_path: Path):
    broker, hook = mosquitto(), Hook(free_port())
    async with receiving(hook):
        with gateway(home_toml(tmp_path, broker.port, hook.port)) as box, device(broker.port) as home:
            await box.connected()
            for presses, say in enumerate(_story(home), start=1):
                for topic, body in say:
                    home.says(topic, body)
                await until(lambda n=presses: hook.counted("emergency") >= n, box.said, within_s=5)
            await asyncio.sleep(0.3)
    assert hook.counted("emergency") == 6
    assert stored(tmp_path / "store.db", "SELECT count FROM alerts WHERE kind = 'emergency'") == [(6,)]


def _story(home: Device) -> list[list[tuple[str, object]]]:
    """What is said, press by press: every list is one press, however often it is said."""
    native = ("shouwang/pendant/event", {"v": 1, "boot": 4, "seq": 1, "sos": "press"})
    zigbee = ("zigbee2mqtt/button", {"action": "emergency"})
    bridge = "zigbee2mqtt/bridge/state"
    return [
        [native, native, native],
        [("shouwang/pendant/event", {"v": 1, "boot": 4, "seq": 2, "sos": "press"}), native],
        [zigbee],
        [zigbee],
        [(bridge, b"offline"), (bridge, b"online"), zigbee, zigbee],  # one is the bridge's own repetition
        [("zigbee2mqtt/flag", {"sos": True}), ("zigbee2mqtt/flag", {"sos": True, "linkquality": 3})],
    ]


async def _counted(api: int) -> dict[str, float]:
    """The refusals by reason, from the metrics' page once it is there."""
    await until(lambda: _listens(api))
    url, headers = f"http://127.0.0.1:{api}/metrics", {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        assert answer.status == 200
        lines = (await answer.text()).splitlines()
    name = 'shouwang_refusals_total{reason="'
    found = (line.removeprefix(name).split('"} ') for line in lines if line.startswith(name))
    return {reason: float(count) for reason, count in found}


async def _left_in_flight(port: int) -> list[str]:
    """What the broker still has for the gateway's session."""
    heard: list[str] = []

    def hear(message: Message) -> None:
        heard.append(json.dumps(message.topic))

    taker = Link(host="127.0.0.1", port=port, client_id="shouwang-gateway", on_message=hear, on_state=lambda *_: None)
    task = asyncio.create_task(taker.run())
    await until(lambda: taker.connected)
    await asyncio.sleep(0.3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return heard


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
