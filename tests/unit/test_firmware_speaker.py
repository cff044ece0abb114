"""The simulated annunciator keeps docs/mqtt.md, 1.8: it says the newest valid sentence, and answers what was said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from firmware_sim.control import obey
from firmware_sim.effects import Spoken
from firmware_sim.flash import Flash
from firmware_sim.house import DEFAULT, describe, with_annunciator
from firmware_sim.household import Household
from firmware_sim.message import Message
from firmware_sim.refused import Refused
from firmware_sim.speaker import read_sentence

MORNING = datetime(2026, 3, 4, 10, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
HOUSE = with_annunciator(DEFAULT, "voice")


def home() -> Household:
    house = Household(HOUSE, seed=7, start=MORNING, form="native", flash=Flash(), base_topic="shouwang")
    house.power_up()
    house.advance(MORNING + timedelta(seconds=1))
    return house


def sentence(number: int, valid_s: float = 30, **fields: object) -> bytes:
    until = MORNING + timedelta(seconds=valid_s)
    said: dict[str, object] = {
        "v": 1, "id": f"s{number}", "kind": "sent", "alert": "k", "zh": f"第 {number} 句话", "en": "",
        "light": "yellow", "volume": 80, "at": MORNING.isoformat(), "valid_until": until.isoformat(),
    }  # fmt: skip
    return json.dumps(said | fields).encode()


def lived(house: Household, until_s: float) -> tuple[list[str], list[str]]:
    """What it says until then, and what it answers."""
    effects = house.advance(MORNING + timedelta(seconds=until_s))
    spoken = [effect.sentence.id for effect in effects if isinstance(effect, Spoken)]
    bodies = [json.loads(e.payload) for e in effects if isinstance(e, Message) and e.topic == "shouwang/voice/event"]
    return spoken, [body["played"] for body in bodies if "played" in body]


def test_a_sentence_is_said_and_answered_at_its_end() -> None:
    house = home()
    house.hear("voice", sentence(1))
    assert lived(house, 1.5) == (["s1"], [])
    assert house.speakers["voice"].light == "yellow"
    assert lived(house, 4) == ([], ["s1"])


def test_of_those_that_come_meanwhile_only_the_newest_is_said() -> None:
    house = home()
    for number in (1, 2, 3):
        house.hear("voice", sentence(number))
    assert lived(house, 10) == (["s1", "s3"], ["s1", "s3"])


def test_what_is_too_old_is_not_begun() -> None:
    house = home()
    house.hear("voice", sentence(1, valid_s=0.5))
    assert lived(house, 10) == ([], [])


def test_without_a_clock_every_sentence_is_said() -> None:
    house = home()
    obey(house, {"do": "fault", "device": "voice", "kind": "clock_lost"})
    house.hear("voice", sentence(1, valid_s=0.5))
    assert lived(house, 10) == (["s1"], ["s1"])


def test_a_mute_one_takes_everything_and_says_nothing_until_it_is_well() -> None:
    house = home()
    obey(house, {"do": "fault", "device": "voice", "kind": "mute"})
    house.hear("voice", sentence(1))
    assert lived(house, 5) == ([], [])
    obey(house, {"do": "fault", "device": "voice", "kind": "none"})
    house.hear("voice", sentence(2))
    assert lived(house, 10) == (["s2"], ["s2"])


def test_only_an_annunciator_can_be_mute() -> None:
    with pytest.raises(Refused) as refused:
        obey(home(), {"do": "fault", "device": "pendant", "kind": "mute"})
    assert refused.value.reason == "cannot_have_fault"


def test_a_reboot_forgets_what_it_was_saying() -> None:
    house = home()
    house.hear("voice", sentence(1))
    house.hear("voice", sentence(2, zh="一句很长的话" * 4))
    lived(house, 3)
    obey(house, {"do": "reboot", "device": "voice"})
    assert lived(house, 20) == ([], [])
    assert house.speakers["voice"].light == "off"


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"\xff", b"[]", b'"x"', b"{}", b"[" * 5000, sentence(1, v=2), sentence(1, zh=5),
        sentence(1, valid_until="soon"), sentence(1, valid_until="2026-03-04T10:00:00"), sentence(1, light=None),
    ],
)  # fmt: skip
def test_what_is_no_sentence_is_refused_by_name(payload: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_sentence(payload)
    assert refused.value.reason == "bad_sentence"


def test_it_is_fitted_on_request_and_speaks_the_native_dialect_only() -> None:
    devices: Any = describe(HOUSE, "native")["devices"]
    assert devices[-1] == {
        "id": "voice", "type": "annunciator", "role": "other", "room": "living", "model": "sw-voice-1", "mains": True,
        "report_interval_s": 300, "name": "客厅播报器",
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        Household(HOUSE, seed=7, start=MORNING, form="zigbee2mqtt", flash=Flash(), base_topic="zigbee2mqtt")
    assert refused.value.reason == "native_only"
    with pytest.raises(Refused):
        with_annunciator(DEFAULT, "pendant")
