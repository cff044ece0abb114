"""A belt with an accelerometer: windows around blows, and a word each quarter of the minute after."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from devices.dialects import native
from devices.reading import Kind
from firmware_sim import blows
from firmware_sim.blows import How
from firmware_sim.control import obey
from firmware_sim.dice import dice
from firmware_sim.flash import Flash
from firmware_sim.house import DEFAULT, Fitted
from firmware_sim.household import Household
from firmware_sim.message import Message, Rank
from firmware_sim.refused import Refused

if TYPE_CHECKING:
    from devices.reading import Decoded
    from firmware_sim.effects import Effect

MORNING = datetime(2026, 3, 4, 10, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
BELT = Fitted(id="belt", type="fall_belt", room="", name="腰带")
HOUSE = replace(DEFAULT, devices=(*DEFAULT.devices, BELT))


def home(form: str = "native") -> Household:
    house = Household(HOUSE, seed=7, start=MORNING, form=form, flash=Flash(), base_topic="shouwang")  # type: ignore[arg-type]
    house.power_up()
    house.advance(MORNING + timedelta(seconds=1))
    return house


def of_the_belt(effects: list[Effect]) -> list[Message]:
    sorts = ("belt/event", "belt/window")
    return [effect for effect in effects if isinstance(effect, Message) and effect.topic.endswith(sorts)]


def heard(message: Message) -> Decoded:
    decoded = native.decode(message.topic, message.payload, MORNING)
    assert not decoded.refusals
    return decoded


def live(house: Household, seconds: float) -> list[Message]:
    return of_the_belt(house.advance(house.now + timedelta(seconds=seconds)))


def words(messages: list[Message]) -> list[object]:
    return [reading.value for message in messages for reading in heard(message).readings if reading.kind is Kind.AFTER]


def test_a_fall_sends_a_window_after_three_seconds_and_four_words():
    house = home()
    obey(house, {"do": "fall"})
    messages = live(house, 80)
    assert [message.topic for message in messages] == ["shouwang/belt/window", *["shouwang/belt/event"] * 4]
    assert {message.rank for message in messages} == {Rank.URGENT}
    window = heard(messages[0]).windows[0]
    assert (window.rate_hz, len(window.samples), window.trigger, window.sequence) == (50.0, 300, 150, (1 << 32) + 2)
    assert words(messages) == ["still"] * 4
    at = [json.loads(message.payload)["at"] for message in messages]
    gaps = [(datetime.fromisoformat(b) - datetime.fromisoformat(a)).total_seconds() for a, b in pairwise(at)]
    assert gaps == [15, 15, 15, 15]


def test_who_gets_up_is_up():
    house = home()
    obey(house, {"do": "fall"})
    told = live(house, 25)
    obey(house, {"do": "recover"})
    assert words(told) == ["still"]
    assert words(live(house, 60))[-2:] == ["up", "up"]


@pytest.mark.parametrize(
    ("how", "after"),
    [
        ("sat", ["stirring"] * 4),
        ("taken_off", ["stirring"] * 4),
        ("put_down", ["still"] * 4),
        ("knocked", []),
        ("dropped", []),
    ],
)
def test_other_blows_send_their_window_too(how: str, after: list[str]):
    house = home()
    obey(house, {"do": "strike", "device": "belt", "how": how})
    messages = live(house, 70)
    assert messages[0].topic == "shouwang/belt/window"
    assert words(messages) == after


def test_blows_within_one_window_are_one():
    house = home()
    obey(house, {"do": "strike", "device": "belt", "how": "sat"})
    live(house, 1)
    obey(house, {"do": "strike", "device": "belt", "how": "fell"})
    assert [message.topic for message in live(house, 10)] == ["shouwang/belt/window"]


def test_what_cannot_be_struck_is_refused():
    house = home()
    for command, reason in (
        ({"do": "strike", "device": "pendant"}, "no_accelerometer"),
        ({"do": "strike", "device": "nothing"}, "unknown_device"),
        ({"do": "strike", "device": "belt", "how": "danced"}, "bad_field"),
    ):
        with pytest.raises(Refused) as refused:
            obey(house, command)
        assert refused.value.reason == reason
    with pytest.raises(Refused) as refused:
        home("zigbee2mqtt")
    assert refused.value.reason == "native_only"


def test_equal_dice_make_equal_windows_and_others_differ():
    one, again, other = (blows.window(How.FELL, dice(seed, "blow")) for seed in (1, 1, 2))
    assert one == again
    assert one["samples"] != other["samples"]


def test_no_count_leaves_sixteen_bits_and_hard_blows_saturate():
    for how in How:
        for seed in range(3):
            fields = blows.window(how, dice(seed, how), lossy=True)
            decoded = native.decode(
                "shouwang/b/window", json.dumps({"v": 1, "boot": 1, "seq": 1, **fields}).encode(), MORNING
            )
            assert len(decoded.windows) == 1
            assert len(fields["lost"]) == 3  # type: ignore[arg-type]
