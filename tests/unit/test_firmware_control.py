"""Commands: what cannot be done is refused by name, and nothing that is sent breaks the home."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.control import obey, read_command
from firmware_sim.effects import Staged
from firmware_sim.flash import Flash
from firmware_sim.house import DEFAULT, Form
from firmware_sim.household import Household
from firmware_sim.refused import Refused

MORNING = datetime(2026, 3, 4, 10, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def home(form: Form = "native") -> Household:
    base = "shouwang" if form == "native" else "zigbee2mqtt"
    house = Household(DEFAULT, seed=7, start=MORNING, form=form, flash=Flash(), base_topic=base)
    house.power_up()
    house.advance(MORNING + timedelta(seconds=1))
    return house


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({"do": "dance"}, "unknown_command"),
        ({"do": "press", "device": "nobody"}, "unknown_device"),
        ({"do": "press", "device": "pir_hall"}, "no_button"),
        ({"do": "press", "device": 7}, "bad_field"),
        ({"do": "kill"}, "bad_field"),
        ({"do": "revive", "device": "pendant"}, "is_alive"),
        ({"do": "recover"}, "nothing_to_recover"),
        ({"do": "fault", "device": "pendant"}, "bad_field"),
        ({"do": "fault", "device": "pendant", "kind": "gremlins"}, "unknown_fault"),
        ({"do": "fault", "device": "pendant", "kind": "loss", "value": 1.5}, "bad_field"),
        ({"do": "fault", "device": "pendant", "kind": "loss", "value": True}, "bad_field"),
        ({"do": "fault", "device": "pendant", "kind": "loss", "value": float("nan")}, "bad_field"),
        ({"do": "fault", "device": "radar_living", "kind": "dying_battery"}, "cannot_have_fault"),
        ({"do": "fault", "device": "radar_living", "kind": "stuck", "what": "fall"}, "bad_field"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(command: dict[str, Any], reason: str) -> None:
    house = home()
    with pytest.raises(Refused) as refused:
        obey(house, command)
    assert refused.value.reason == reason
    assert [effect for effect in house.advance(house.now) if isinstance(effect, Staged)] == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [("", "not_json"), ("[]", "no_verb"), ('{"do": 1}', "no_verb"), ("x" * 5000, "too_long"), ("[" * 4000, "not_json")],
)
def test_a_line_that_is_no_command_is_refused_by_name(line: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        read_command(line)
    assert refused.value.reason == reason


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
VERBS = st.sampled_from(
    [
        "press",
        "fall",
        "collapse",
        "go_out",
        "recover",
        "leave_door_open",
        "close_door",
        "smoke",
        "clear_smoke",
        "kill",
        "revive",
        "reboot",
        "fault",
    ]
)
WORDS = st.sampled_from(
    [
        "pendant",
        "pir_hall",
        "smoke_kitchen",
        "radar_living",
        "bridge",
        "*",
        "loss",
        "delay",
        "stuck",
        "dying_battery",
        "none",
        "motion",
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    commands=st.lists(
        st.fixed_dictionaries(
            {"do": VERBS},
            optional=dict.fromkeys(("device", "kind", "what", "value", "ppm"), WORDS | ANYTHING),
        ),
        max_size=12,
    ),
    form=st.sampled_from(["native", "zigbee2mqtt"]),
)
def test_no_command_breaks_the_home(commands: list[dict[str, Any]], form: Form) -> None:
    house = home(form)
    for command in commands:
        with suppress(Refused):
            obey(house, command)
        house.advance(house.now + timedelta(minutes=7))


@given(line=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "replace")))
def test_no_line_raises_anything_but_a_refusal(line: str) -> None:
    try:
        command = read_command(line)
    except Refused:
        return
    assert isinstance(command["do"], str)
