"""What is staged: falls, doors, smoke, dead devices, faults."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from firmware_sim.control import obey
from firmware_sim.effects import Effect, Line, LineState, Staged
from firmware_sim.flash import Flash
from firmware_sim.house import DEFAULT, Form
from firmware_sim.household import Household
from firmware_sim.message import Message
from firmware_sim.refused import Refused
from firmware_sim.resident import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

Field = str | float | None
MORNING = datetime(2026, 3, 4, 10, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
NIGHT = datetime(2026, 3, 4, 2, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def home(form: Form = "native", start: datetime = MORNING) -> Household:
    base = "shouwang" if form == "native" else "zigbee2mqtt"
    house = Household(DEFAULT, seed=7, start=start, form=form, flash=Flash(), base_topic=base)
    house.power_up()
    house.advance(start + timedelta(seconds=1))
    return house


def do(house: Household, **command: Field) -> None:
    obey(house, command)


def live(house: Household, **span: float) -> list[Effect]:
    return house.advance(house.now + timedelta(**span))


def told(effects: Iterable[Effect], device: str, key: str) -> list[Any]:
    bodies = [
        json.loads(effect.payload)
        for effect in effects
        if isinstance(effect, Message) and f"/{device}" in effect.topic and effect.payload.startswith(b"{")
    ]
    return [body[key] for body in bodies if key in body]


def staged(effects: Iterable[Effect]) -> list[tuple[str, str]]:
    return [(effect.kind, effect.device) for effect in effects if isinstance(effect, Staged)]


def reason_of(house: Household, **command: Field) -> str:
    with pytest.raises(Refused) as refused:
        obey(house, command)
    return refused.value.reason


def test_a_press_is_one_message_at_once() -> None:
    house = home()
    do(house, do="press", device="cord_bathroom")
    effects = live(house, seconds=0)
    assert staged(effects) == [("press", "cord_bathroom")]
    assert told(effects, "cord_bathroom", "sos") == ["cord"]
    assert told(live(house, minutes=10), "cord_bathroom", "sos") == []


@pytest.mark.parametrize("start", [MORNING, NIGHT], ids=["morning", "asleep"])
def test_she_falls_in_the_living_room_and_stays_down_until_she_recovers(start: datetime) -> None:
    house = home(start=start)
    do(house, do="fall")
    effects = live(house, hours=6)
    assert staged(effects) == [("fall", "resident")]
    fell = next(effect.at for effect in effects if isinstance(effect, Staged))
    assert fell - start < timedelta(minutes=2)
    assert told(effects, "radar_living", "fall") == ["maybe", "fall", "lying"]
    quiet = [m for m in effects if isinstance(m, Message) and b'"motion":true' in m.payload]
    assert all(datetime.fromisoformat(json.loads(m.payload)["at"]) <= fell for m in quiet)
    do(house, do="recover")
    effects = live(house, minutes=5)
    assert staged(effects) == [("recover", "resident")]
    assert told(effects, "radar_living", "fall") == ["none"]


def test_a_collapse_is_seen_by_nothing_but_the_stillness_after_it() -> None:
    house = home()
    do(house, do="collapse")
    live(house, minutes=5)
    assert house.life.place is Place.KITCHEN
    effects = live(house, hours=12)
    assert told(effects, "radar_living", "fall") == []
    assert [told(effects, f"pir_{room.id}", "motion") for room in DEFAULT.rooms] == [[]] * 5


def test_the_door_is_left_open_until_it_is_closed() -> None:
    house = home(start=NIGHT)
    do(house, do="leave_door_open")
    effects = live(house, minutes=30)
    assert staged(effects) == [("leave_door_open", "resident")]
    assert told(effects, "door_entrance", "contact") == ["open"]
    assert reason_of(house, do="leave_door_open") == "door_is_open"
    do(house, do="close_door")
    assert told(live(house, minutes=5), "door_entrance", "contact") == ["closed"]
    assert reason_of(house, do="close_door") == "door_is_closed"


def test_she_goes_out_at_night_and_the_home_is_still_until_she_is_back() -> None:
    house = home(start=NIGHT)
    do(house, do="go_out")
    effects = live(house, minutes=5)
    assert told(effects, "door_entrance", "contact") == ["open", "closed"]
    assert told(effects, "bed_strap", "bed") == ["empty"]
    assert told(live(house, hours=2), "pir_hall", "motion") == []
    do(house, do="recover")
    effects = live(house, minutes=5)
    assert told(effects, "door_entrance", "contact") == ["open", "closed"]
    assert told(effects, "bed_strap", "bed") == ["occupied"]


def test_smoke_in_the_kitchen_is_told_and_taken_back() -> None:
    house = home()
    do(house, do="smoke")
    assert told(live(house, seconds=2), "smoke_kitchen", "smoke") == [True]
    do(house, do="clear_smoke")
    assert told(live(house, seconds=30), "smoke_kitchen", "smoke") == [False]


def test_a_killed_device_falls_silent_and_the_broker_misses_it_after_90_s() -> None:
    house = home()
    do(house, do="kill", device="smoke_kitchen")
    effects = live(house, hours=3)
    assert staged(effects) == [("kill", "smoke_kitchen")]
    lines = [effect.state for effect in effects if isinstance(effect, Line)]
    assert lines == [LineState.SILENT, LineState.CUT]
    assert told(effects, "smoke_kitchen", "seq") == []
    assert reason_of(house, do="press", device="smoke_kitchen") == "no_power"
    do(house, do="revive", device="smoke_kitchen")
    effects = live(house, seconds=1)
    assert [effect.state for effect in effects if isinstance(effect, Line)] == [LineState.UP]
    assert told(effects, "smoke_kitchen", "boot") == [2, 2]


def test_a_reboot_takes_3_s_and_counts() -> None:
    house = home()
    do(house, do="reboot", device="pendant")
    before = live(house, seconds=2.9)
    assert [effect.state for effect in before if isinstance(effect, Line)] == [LineState.CUT]
    after = live(house, seconds=0.2)
    assert [effect.state for effect in after if isinstance(effect, Line)] == [LineState.UP]
    assert (told(after, "pendant", "boot"), told(after, "pendant", "sos")) == ([2], [])


def test_a_dying_battery_ends_in_silence_within_its_hours() -> None:
    house = home()
    do(house, do="fault", device="pir_kitchen", kind="dying_battery", value=2)
    effects = live(house, hours=2)
    assert ("battery_spent", "pir_kitchen") in staged(effects)
    assert told(effects, "pir_kitchen", "battery_low") == [True]
    assert told(live(house, hours=2), "pir_kitchen", "seq") == []


def seqs(house: Household, hours: float = 24) -> list[int]:
    return told(live(house, hours=hours), "pir_living", "seq")


def test_loss_drops_its_share_and_leaves_gaps_in_the_sequence() -> None:
    house = home()
    do(house, do="fault", device="pir_living", kind="loss", value=0.5)
    heard = seqs(house)
    assert len(set(heard)) == len(heard)
    assert 0.4 < len(heard) / (heard[-1] - heard[0] + 1) < 0.6


def test_total_loss_is_silence_and_none_ends_it() -> None:
    house = home()
    do(house, do="fault", device="*", kind="loss")
    assert told(live(house, hours=2), "", "seq") == []
    do(house, do="fault", device="*", kind="none")
    assert len(told(live(house, hours=2), "", "seq")) > 20


def test_duplicate_tells_the_same_bytes_twice() -> None:
    house = home()
    do(house, do="fault", device="pir_living", kind="duplicate", value=1)
    heard = seqs(house)
    assert heard == sorted([*set(heard), *set(heard)])


def test_reorder_swaps_neighbours_and_loses_none() -> None:
    house = home()
    do(house, do="fault", device="pir_living", kind="reorder", value=0.5)
    heard = seqs(house)
    assert heard != sorted(heard)
    assert set(range(min(heard), max(heard))) <= set(heard)
    assert len(set(heard)) == len(heard)


def test_delay_comes_later_with_the_time_it_was_said() -> None:
    house = home()
    do(house, do="fault", device="pendant", kind="delay", value=45)
    do(house, do="press", device="pendant")
    pressed = house.now
    assert told(live(house, seconds=44.9), "pendant", "sos") == []
    late = [m for m in live(house, seconds=0.2) if isinstance(m, Message)]
    assert [json.loads(m.payload)["sos"] for m in late] == ["press"]
    assert datetime.fromisoformat(json.loads(late[0].payload)["at"]) == pressed.replace(
        microsecond=pressed.microsecond // 1000 * 1000
    )


def test_a_clock_that_drifts_is_wrong_in_the_message_only() -> None:
    house = home()
    do(house, do="fault", device="pendant", kind="clock_drift", value=-3600, ppm=100)
    do(house, do="press", device="pendant")
    at = datetime.fromisoformat(told(live(house, seconds=0), "pendant", "at")[0])
    assert at == house.now - timedelta(hours=1)
    do(house, do="fault", device="pendant", kind="clock_lost")
    do(house, do="press", device="pendant")
    assert told(live(house, seconds=1), "pendant", "at") == []


def test_a_stuck_pir_never_clears() -> None:
    house = home()
    do(house, do="fault", device="pir_hall", kind="stuck")
    assert told(live(house, hours=24), "pir_hall", "motion") == [True]


def test_a_ghost_presses_at_each_boot() -> None:
    house = home()
    do(house, do="fault", device="*", kind="ghost_press")
    do(house, do="reboot", device="pendant")
    assert told(live(house, seconds=5), "pendant", "sos") == ["press"]


def test_a_sticky_sos_is_in_every_later_message_of_the_zigbee_button() -> None:
    house = home("zigbee2mqtt")
    do(house, do="fault", device="pendant", kind="sticky_sos")
    assert told(live(house, hours=2), "pendant", "sos") == [True] * 5
    assert reason_of(home(), do="fault", device="pendant", kind="sticky_sos") == "cannot_have_fault"


def cached(effects: Iterable[Effect], topic: str) -> list[bytes]:
    return [effect.payload for effect in effects if isinstance(effect, Message) and effect.topic == topic]


@pytest.mark.parametrize("old", [False, True])
def test_a_bridge_tells_its_cached_states_again_and_old_ones_the_press_too(old: bool) -> None:  # noqa: FBT001 (a parameter)
    house = home("zigbee2mqtt")
    if old:
        do(house, do="fault", kind="replayed_actions")
    do(house, do="press", device="pendant")
    pressed = cached(live(house, seconds=1), "zigbee2mqtt/pendant")
    do(house, do="reboot", device="bridge")
    effects = live(house, seconds=10)
    assert [effect.state for effect in effects if isinstance(effect, Line)] == [LineState.CUT, LineState.UP]
    again = cached(effects, "zigbee2mqtt/pendant")
    assert len(again) == 1
    assert (again == pressed) is old
    assert (b"action" in again[0]) is old
    assert len(cached(effects, "zigbee2mqtt/bridge/devices")) == 1


def test_a_bridge_gives_up_a_mains_device_after_10_min_and_a_battery_device_after_25_h() -> None:
    house = home("zigbee2mqtt")
    for device in ("radar_living", "smoke_kitchen"):
        do(house, do="kill", device=device)
    effects = live(house, hours=26)
    offline = b'{"state":"offline"}'
    assert cached(effects, "zigbee2mqtt/radar_living/availability") == [offline]
    assert cached(effects, "zigbee2mqtt/smoke_kitchen/availability") == [offline]
    assert cached(live(house, hours=26), "zigbee2mqtt/smoke_kitchen/availability") == []


def test_nobody_hears_the_devices_while_the_bridge_is_dead() -> None:
    house = home("zigbee2mqtt")
    do(house, do="kill", device="bridge")
    assert [effect for effect in live(house, hours=2) if isinstance(effect, Message)] == []
    do(house, do="revive", device="bridge")
    assert len(cached(live(house, seconds=1), "zigbee2mqtt/pir_hall")) == 1


def test_one_who_lies_on_the_floor_can_do_nothing_else() -> None:
    house = home()
    do(house, do="fall")
    for verb in ("fall", "collapse", "leave_door_open", "go_out"):
        assert reason_of(house, do=verb) == "she_cannot"
