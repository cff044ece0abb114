"""The announcer in a whole gateway: it says what is committed, in its own time, once, whatever its voices do."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from alerts.link import LinkDown
from alerts.wire import Action
from devices.reading import Kind, Reading
from gateway import journal
from gateway.homevoice import annunciator
from gateway.homevoice.announcer import Announcer
from gateway.homevoice.annunciator import Annunciator
from gateway.homevoice.voice import VoiceFailed
from tests.crashing_box import T0, Box, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from alerts.announcement import Announcement
    from alerts.link import Link

PART = "gateway/player"


@dataclass(slots=True)
class Ear:
    """A voice that writes down what it is to say, and is as well as the test wants."""

    name: str = "player"
    part: str = PART
    ready: bool = True
    fails: str = ""
    heard: list[str] = field(default_factory=list)
    going: asyncio.Event = field(default_factory=asyncio.Event)
    holds: bool = False

    async def say(self, announcement: Announcement) -> None:
        if self.fails:
            raise VoiceFailed(self.fails, "as the test wants it")
        self.heard.append(announcement.words.zh)
        if self.holds:
            await self.going.wait()

    async def confirm(self, announcement: Announcement) -> bool:
        return True

    def hear(self, played: str) -> None:
        pass


@pytest.fixture
async def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Box]:
    monkeypatch.setattr(journal, "SOON_S", 0.0)
    made = Box(settings_of(tmp_path), lambda *_: "", monkeypatch)
    await made.start()
    await made.settle()
    yield made
    await made.stop()


@dataclass(slots=True)
class Listening:
    announcer: Announcer
    counted: list[tuple[str, str]] = field(default_factory=list)


@asynccontextmanager
async def listening(box: Box, *ears: Any) -> AsyncIterator[Listening]:  # noqa: ANN401 - any voice
    counted: list[tuple[str, str]] = []
    announcer = Announcer(
        ears,
        box.app.watch.rules.ladder,
        watch=box.app.watch,
        now=box.clock.now,
        counted=lambda *what: counted.append(what),
    )
    await announcer.remember(box.recall)
    box.app.watch.witnesses.append(announcer.witness)
    task = asyncio.create_task(announcer.run())
    try:
        yield Listening(announcer, counted)
    finally:
        box.app.watch.witnesses.remove(announcer.witness)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def settled(box: Box) -> None:
    for _ in range(5):
        await box.settle()
        await asyncio.sleep(0.01)


async def presses(box: Box, number: int = 1) -> None:
    await box.says("pendant", {"sos": "press"})
    await box.pass_to(T0 + timedelta(seconds=number))
    await box.pass_to(T0 + timedelta(seconds=number + 1))  # FarEnd refuses some rows once
    await settled(box)


async def test_each_true_event_is_said_once_in_its_order(box: Box):
    ear = Ear()
    async with listening(box, ear) as at_home:
        await presses(box)
        await box.decides(0, Action.ACKNOWLEDGED)
        await settled(box)
        await box.decides(0, Action.SET_OUT)
        await settled(box)
        await box.decides(0, Action.ATTENDED)
        await settled(box)
    assert ear.heard == ["求助已发出。", "驿站已接警。", "有人正在赶来。", ""]
    assert at_home.counted == [("player", "said")] * 4


async def test_nothing_is_said_before_the_far_end_has_it(box: Box):
    ear = Ear()
    box.far.unreachable = True
    async with listening(box, ear) as at_home:
        await presses(box)
        assert ear.heard == []
        await box.pass_to(T0 + timedelta(seconds=30))
        at_home.announcer.look()
        await settled(box)
        assert ear.heard == ["还在联系，请稍等。"]
        box.far.unreachable = False
        await box.pass_to(T0 + timedelta(seconds=60))
        await settled(box)
    assert ear.heard == ["还在联系，请稍等。", "求助已发出。"]


async def test_a_restart_says_nothing_twice(box: Box):
    ear = Ear()
    async with listening(box, ear):
        await presses(box)
    await box.stop()
    await box.start()
    async with listening(box, ear) as at_home:
        at_home.announcer.look()
        await settled(box)
        assert ear.heard == ["求助已发出。"]
        await box.decides(0, Action.ACKNOWLEDGED)
        await settled(box)
    assert ear.heard == ["求助已发出。", "驿站已接警。"]


async def test_what_nobody_could_say_is_said_when_it_can_be_if_it_is_still_so(box: Box):
    ear = Ear(ready=False)
    async with listening(box, ear) as at_home:
        await presses(box)
        await box.decides(0, Action.ACKNOWLEDGED)
        await settled(box)
        assert ear.heard == []
        ear.ready = True
        at_home.announcer.look()
        await settled(box)
    assert ear.heard == ["驿站已接警。"]


async def test_a_voice_that_fails_is_a_trouble_until_it_speaks_again(box: Box):
    bad, good = Ear(fails="player_failed"), Ear(name="annunciator", part="gateway/annunciator")
    async with listening(box, bad, good) as at_home:
        await presses(box)
        assert good.heard == ["求助已发出。"]
        assert set(box.app.watch.belief.state.trouble.down) == {PART}
        bad.fails = ""
        await box.decides(0, Action.ACKNOWLEDGED)
        await settled(box)
        assert set(box.app.watch.belief.state.trouble.down) == set()
        assert bad.heard == ["驿站已接警。"]
    assert at_home.counted[:2] == [("player", "player_failed"), ("annunciator", "said")]


async def test_a_voice_that_takes_its_time_holds_up_nothing_but_words(box: Box):
    ear = Ear(holds=True)
    async with listening(box, ear):
        await presses(box)
        await box.decides(0, Action.ACKNOWLEDGED)
        await box.decides(0, Action.SET_OUT)
        await settled(box)
        assert [alert.state for alert in await box.alerts()] == ["acknowledged"]
        assert ear.heard == ["求助已发出。"]
        ear.going.set()
        await settled(box)
    assert ear.heard == ["求助已发出。", "有人正在赶来。"]


@dataclass(slots=True)
class Wire:
    """The home's broker, as far as an annunciator needs it."""

    connected: bool = True
    down: bool = False
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def publish(self, topic: str, payload: bytes, **_: Any) -> None:  # noqa: ANN401 - QoS and the like
        if self.down:
            raise LinkDown("the connection is gone")
        self.sent.append((topic, json.loads(payload)))


def asked_of(wire: Wire, box: Box, *, online: bool = True) -> Annunciator:
    link = cast("Link", wire)
    return Annunciator(link, "shouwang/voice/say", volume=70, online=lambda: online, now=box.clock.now)


async def plays(box: Box, sentence: str) -> None:
    """The device's answer, as ingest hands it on, with the next commit."""
    box.app.watch.see(Reading(device_id="voice", kind=Kind.PLAYED, value=sentence, at=box.clock.now()))
    await box.pass_to(box.clock.at)
    await settled(box)


async def test_a_device_is_asked_in_the_words_of_the_contract_and_answers(box: Box):
    wire = Wire()
    async with listening(box, asked_of(wire, box)) as at_home:
        await presses(box)
        ((topic, said),) = wire.sent
        assert topic == "shouwang/voice/say"
        sentence, key = said.pop("id"), said.pop("alert")
        assert key in box.app.watch.belief.alerts
        assert said == {
            "v": 1,
            "kind": "sent",
            "zh": "求助已发出。",
            "en": "Your call for help has been sent.",
            "light": "yellow",
            "volume": 70,
            "at": said["at"],
            "valid_until": said["valid_until"],
        }
        assert at_home.counted == []
        await plays(box, "another")
        assert at_home.counted == []
        await plays(box, sentence)
        assert at_home.counted == [("annunciator", "said")]


async def test_a_device_that_does_not_answer_is_told(box: Box, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(annunciator, "ANSWER_S", 0.05)
    wire = Wire()
    async with listening(box, asked_of(wire, box)) as at_home:
        await presses(box)
        await asyncio.sleep(0.1)
        await settled(box)
        assert at_home.counted == [("annunciator", "silent")]
        assert set(box.app.watch.belief.state.trouble.down) == {"gateway/annunciator"}
        monkeypatch.setattr(annunciator, "ANSWER_S", 10.0)
        await box.decides(0, Action.ACKNOWLEDGED)
        await settled(box)
        await plays(box, wire.sent[-1][1]["id"])
        assert set(box.app.watch.belief.state.trouble.down) == set()


async def test_an_answer_to_a_later_sentence_will_do_for_those_before(box: Box):
    wire = Wire()
    async with listening(box, asked_of(wire, box)) as at_home:
        await presses(box)
        await box.decides(0, Action.ACKNOWLEDGED)
        await settled(box)
        assert [said["kind"] for _, said in wire.sent] == ["sent", "taken"]
        await plays(box, wire.sent[-1][1]["id"])
        assert at_home.counted == [("annunciator", "said")] * 2


async def test_a_moment_of_a_countdown_needs_no_answer(box: Box):
    wire = Wire()
    async with listening(box, asked_of(wire, box)) as at_home:
        await box.says("radar", {"fall": "maybe"})
        await box.pass_to(T0 + timedelta(seconds=31))
        await box.tick()
        await settled(box)
        assert [said["kind"] for _, said in wire.sent] == ["countdown"]
        assert at_home.counted == [("annunciator", "asked")]


async def test_a_device_that_is_gone_is_not_asked(box: Box):
    wire = Wire()
    async with listening(box, asked_of(wire, box, online=False)) as at_home:
        await presses(box)
        assert (wire.sent, at_home.counted) == ([], [])


async def test_a_broker_that_goes_in_that_moment_is_a_failure(box: Box):
    wire = Wire(down=True)
    async with listening(box, asked_of(wire, box)) as at_home:
        await presses(box)
        assert at_home.counted == [("annunciator", "broker_down")]


async def test_an_alert_that_is_open_for_days_fills_no_memory(box: Box):
    async with listening(box, Ear()) as at_home:
        await presses(box)
        (key,) = at_home.announcer._alerts
        for hour in range(1, 25):
            await box.pass_to(T0 + timedelta(hours=hour))
            await box.tick()
        heard = at_home.announcer._alerts[key]
    assert len(await box.recall.deliveries(key)) > 100
    assert len(heard.under_way) <= 10
