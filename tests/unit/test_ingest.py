"""What a broker's message becomes: readings that are judged, or a named refusal; acknowledged once it is on disk."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.link import Message
from devices.dialects import native, zigbee2mqtt
from devices.reading import Kind, Reading
from gateway import journal
from gateway.detection import pipeline
from gateway.heard import Heard
from gateway.ingest import Ingest
from gateway.judge import Belief
from gateway.metrics import Metrics
from tests.crashing_box import T0, Box, seconds, settings_of
from tests.scenarios.watch import home

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PRESS = b'{"action": "emergency"}'


def peace(_commit: int, _this_life: int) -> str:
    return ""


@pytest.fixture
async def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Box]:
    monkeypatch.setattr(journal, "SOON_S", 0.0)
    made = Box(settings_of(tmp_path, commit_wait_s=0), peace, monkeypatch)
    await made.start()
    await made.settle()
    yield made
    await made.stop()


def message(topic: str, payload: bytes, **changes: Any) -> Message:  # noqa: ANN401 - fields of Message
    return Message(topic, payload, qos=1, retain=False, dup=False, mid=1, epoch=1)._replace(**changes)


async def presses(box: Box) -> int:
    await box.settle()
    return sum(alert.count for alert in box.app.watch.belief.alerts.values() if alert.kind == "emergency")


def refused(box: Box) -> dict[str, int]:
    samples = next(iter(box.app.metrics.refusals.collect())).samples
    return {s.labels["reason"]: int(s.value) for s in samples if s.name.endswith("_total")}


async def test_a_redelivered_message_is_known_again_by_packet_id_and_bytes(box: Box):
    first = message("zigbee2mqtt/button", PRESS, mid=7)
    box.app._hear_home(first)
    assert await presses(box) == 1
    box.clock.at += seconds(3)
    box.app._hear_home(first._replace(dup=True))
    assert await presses(box) == 1
    assert box.app.metrics.duplicates._value.get() == 1


@pytest.mark.parametrize(
    "again",
    [
        {"mid": 8, "dup": True},
        {"mid": 7, "dup": False},
        {"mid": 7, "dup": True, "payload": b'{"action": "emergency", "linkquality": 1}'},
    ],
)
async def test_anything_else_with_the_same_press_is_another_press(box: Box, again: dict[str, Any]):
    first = message("zigbee2mqtt/button", PRESS, mid=7)
    box.app._hear_home(first)
    box.clock.at += seconds(3)
    box.app._hear_home(first._replace(**again))
    assert await presses(box) == 2


async def test_after_ten_minutes_a_packet_id_proves_nothing(box: Box):
    first = message("zigbee2mqtt/button", PRESS, mid=7)
    box.app._hear_home(first)
    box.clock.at += timedelta(minutes=10)
    box.app._hear_home(first._replace(dup=True))
    assert await presses(box) == 2


async def test_a_redelivery_after_a_restart_is_known_again_whatever_was_stored_since(box: Box):
    first = message("zigbee2mqtt/button", PRESS, mid=7)
    box.app._hear_home(first)
    for number in range(300):  # at QoS 0, they take no place in the broker's window
        noise = json.dumps({"occupancy": True, "linkquality": number}).encode()
        box.app._hear_home(message("zigbee2mqtt/motion", noise, qos=0, mid=0))
    assert await presses(box) == 1
    await box.stop()
    box.clock.at += seconds(3)
    await box.start()
    box.app._hear_home(first._replace(dup=True))
    assert await presses(box) == 1


async def test_native_repeats_are_one_fact_even_after_a_restart(box: Box):
    press = b'{"v": 1, "boot": 3, "seq": 9, "sos": "press"}'
    for mid in (1, 2, 3):
        box.app._hear_home(message("shouwang/pendant/event", press, mid=mid))
    assert await presses(box) == 1
    await box.stop()
    box.clock.at += seconds(3)
    await box.start()
    box.app._hear_home(message("shouwang/pendant/event", press, mid=4))
    assert await presses(box) == 1


async def test_a_numbered_call_is_confirmed_once_it_is_on_disk_and_again_when_it_is_repeated(box: Box):
    confirmed: list[tuple[str, int | None]] = []
    box.app._ingest._heard = lambda call: confirmed.append((call.device_id, call.sequence))
    press, move = b'{"v": 1, "boot": 3, "seq": 9, "sos": "press"}', b'{"v": 1, "boot": 3, "seq": 10, "tamper": true}'
    box.app._hear_home(message("shouwang/pendant/event", press, mid=1))
    assert confirmed == []
    await box.settle()
    assert len(confirmed) == 1
    box.app._hear_home(message("shouwang/pendant/event", press, mid=2))
    box.app._hear_home(message("shouwang/pendant/event", move, mid=3))
    box.app._hear_home(message("shouwang/pendant/event", b'{"v": 1, "sos": "press"}', mid=4))
    box.app._hear_home(message("shouwang/stranger/event", press, mid=5))
    box.app._hear_home(message("zigbee2mqtt/button", PRESS, mid=6))
    await box.settle()
    assert confirmed == [("pendant", 3 << 32 | 9)] * 2


async def test_a_confirmation_names_boot_and_seq_on_the_devices_own_topic(box: Box):
    call = Reading(device_id="pendant", kind=Kind.SOS, value="press", at=T0, sequence=3 << 32 | 9)
    heard = Heard(box.home, "shouwang")  # type: ignore[arg-type]
    heard.say(call)
    saying = asyncio.create_task(heard.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    saying.cancel()
    assert box.home.published == [("shouwang/pendant/heard", b'{"v": 1, "boot": 3, "seq": 9}')]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("zigbee2mqtt/button", PRESS, "retained"),
        ("zigbee2mqtt/motion/availability", b"online", "retained"),
        ("zigbee2mqtt/bridge/state", b"online", "retained"),
    ],
)
async def test_retained_is_refused(box: Box, topic: str, payload: bytes, reason: str):
    box.app._hear_home(message(topic, payload, retain=True))
    assert await presses(box) == 0
    assert refused(box) == {reason: 1}


async def test_retained_and_gone_counts(box: Box):
    box.app._hear_home(message("zigbee2mqtt/motion/availability", b"offline", retain=True))
    await box.settle()
    assert refused(box) == {}
    assert [a.subject for a in box.app.watch.belief.alerts.values()] == ["motion"]


async def test_who_is_no_device_of_this_home_is_refused_but_may_live(box: Box):
    box.app._hear_home(message("zigbee2mqtt/stranger", PRESS))
    box.app._hear_home(message("elsewhere/x", b"{}"))
    assert refused(box) == {"unknown_device": 1, "unknown_topic": 1}
    heartbeat = b'{"v": 1, "boot": 1, "seq": 1, "uptime_s": 3, "interval_s": 60}'
    box.app._hear_home(message("shouwang/stranger/heartbeat", heartbeat))
    assert refused(box) == {"unknown_device": 1, "unknown_topic": 1}


async def test_what_a_strap_says_is_about_the_bed(box: Box):
    motion = b'{"v": 1, "boot": 1, "seq": 1, "motion": true}'
    box.app._hear_home(message("shouwang/strap/event", motion))
    await box.settle()
    stored = [reading async for reading in box.recall.readings_after(0)]
    assert [(r.device_id, r.kind, r.value) for r in stored] == [("strap", Kind.BED, True)]


async def test_a_refused_message_holds_nothing_back(box: Box):
    box.home.say("zigbee2mqtt/button", b"\xff")
    box.home.say("zigbee2mqtt/stranger", PRESS)
    assert box.home.kept == {}


async def test_nothing_is_acknowledged_before_it_is_on_disk(box: Box, monkeypatch: pytest.MonkeyPatch):
    order: list[str] = []
    commit = box.store.commit

    async def committing(batch: Any) -> bool:  # noqa: ANN401 - a Batch
        durable = await commit(batch)
        order.append(f"stored {len(batch.readings)}")
        return durable

    monkeypatch.setattr(box.store, "commit", committing)
    box.app._ingest._acknowledge = lambda heard: order.append(f"acknowledged {heard.mid}")
    box.app._hear_home(message("zigbee2mqtt/button", PRESS, mid=5))
    box.app._hear_home(message("zigbee2mqtt/button", b"\xff", mid=6))
    assert order == []
    await box.settle()
    assert order[:3] == ["stored 1", "acknowledged 5", "acknowledged 6"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    topic=st.sampled_from(("zigbee2mqtt/button", "shouwang/pendant/event", "zigbee2mqtt/bridge/state", "x/y", ""))
    | st.text(max_size=40),
    payload=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: st.dictionaries(
            st.sampled_from(("action", "sos", "v", "boot", "seq", "contact", "battery")), inner
        ),
        max_leaves=6,
    ).map(lambda body: json.dumps(body).encode()),
    retain=st.booleans(),
    dup=st.booleans(),
)
def test_nothing_that_is_said_raises(topic: str, payload: bytes, retain: bool, dup: bool):  # noqa: FBT001 - MQTT's
    heard = _Unmoved()
    taker = Ingest(heard, heard.decoders(), now=lambda: T0, acknowledge=heard.done, metrics=heard.metrics)  # type: ignore[arg-type]
    taker.hear(message(topic, payload, retain=retain, dup=dup))
    assert heard.acknowledged == 1


class _Unmoved:
    """A watch that believes nothing and remembers only that it was asked."""

    def __init__(self) -> None:
        self.home = home()
        self.rules, self.journal, self.metrics, self.acknowledged = self, self, Metrics(), 0
        self.belief = Belief(state=pipeline.start(self.home, T0))

    def decoders(self) -> Any:  # noqa: ANN401 - as `gateway.wiring.decoders`
        return {"shouwang": ("native", native.decode), "zigbee2mqtt": ("zigbee2mqtt", zigbee2mqtt.decode)}

    def see(self, reading: object, mid: object) -> None:
        pass

    def refuse(self, refusal: Any, at: object) -> None:  # noqa: ANN401 - a Refusal
        assert refusal.reason
        assert len(refusal.topic) <= 200

    def after_commit(self, then: Any, *, acknowledges: bool) -> None:  # noqa: ANN401 - a callable
        then()

    def done(self, _message: object) -> None:
        self.acknowledged += 1
