"""Whole days in a home in Shanghai, and everything that is told of them, to the second."""

from __future__ import annotations

from dataclasses import replace

from devices.reading import Kind, Reading
from gateway.detection import pipeline
from gateway.detection.home import Device, Role
from tests.scenarios.watch import DEVICES, Watch, home, line, when

EVENING = """
    1 20:00:00 living moves
    1 20:01:30 living still
    1 21:40:00 kitchen moves
    1 21:41:30 kitchen still
    1 22:10:00 bedroom moves
    1 22:11:30 bedroom still
    1 22:15:00 bed filled
"""

MORNING = """
    2 06:20:00 bed empty
    2 06:20:05 bedroom moves
    2 06:21:30 bedroom still
    2 06:30:00 tap tap
    2 06:50:00 fridge opens
    2 06:50:20 fridge closes
    2 06:51:00 kitchen moves
    2 07:30:00 kitchen still
    2 08:00:00 sofa filled
    2 11:30:00 sofa empty
    2 11:31:00 kitchen moves
    2 12:30:00 kitchen still
"""


def test_a_quiet_night_and_an_ordinary_morning_tell_nothing() -> None:
    watch = Watch(begins="1 19:00:00")
    night = """
        2 02:10:00 bed empty
        2 02:12:00 tap flush
        2 02:14:00 bed filled
    """
    assert watch.play(EVENING + night + MORNING, until="2 14:00:00") == []
    assert watch.place == "home since 2 06:20:00: out_of_bed"


def test_a_press_in_the_night_and_another_while_nobody_has_come() -> None:
    watch = Watch(begins="1 19:00:00")
    script = """
        2 03:00:00 pendant press
        2 03:02:30 pendant press
        2 03:02:31 pendant press
    """
    assert watch.play(EVENING + script + MORNING, until="2 14:00:00") == [
        "2 03:00:00 raised emergency pressed since 2 03:00:00",
        "2 03:02:30 raised emergency pressed since 2 03:02:30",
        "2 03:02:31 raised emergency pressed since 2 03:02:31",
    ]


def test_a_fall_in_the_bathroom_and_up_again_after_a_minute() -> None:
    watch = Watch(begins="1 19:00:00")
    script = """
        2 02:10:00 bed empty
        2 02:11:00 radar maybe
        2 02:11:05 radar fall
        2 02:11:20 radar lying
        2 02:12:20 radar none
        2 02:12:40 bedroom moves
        2 02:13:00 bed filled
    """
    assert watch.play(EVENING + script + MORNING, until="2 14:00:00") == [
        "2 02:11:05 raised fall fall_reported since 2 02:11:00",
        "2 02:12:40 cleared fall up_again since 2 02:11:00",
    ]


def test_a_fall_in_the_bathroom_and_not_up_until_the_neighbour_comes() -> None:
    watch = Watch(begins="1 19:00:00")
    script = """
        2 02:10:00 bed empty
        2 02:11:05 radar fall
        2 02:13:00 radar none
        2 02:40:00 door opens
        2 02:40:10 door closes
        2 02:40:12 hall moves
    """
    assert watch.play(EVENING + script, until="2 05:00:00") == [
        "2 02:11:05 raised fall fall_reported since 2 02:11:05",
        "2 02:13:05 raised fall not_up_again since 2 02:11:05",
        "2 02:40:00 cleared fall up_again since 2 02:11:05",
        "2 02:55:12 raised inactivity out_of_bed_at_night out_of_bed since 2 02:10:00",
    ]


def test_away_all_day_and_back_in_the_evening() -> None:
    watch = Watch(begins="1 07:00:00")
    script = """
        1 07:30:00 kitchen moves
        1 07:40:00 kitchen still
        1 08:00:00 hall moves
        1 08:00:20 door opens
        1 08:00:26 door closes
        1 08:01:40 hall still
        1 18:30:00 door opens
        1 18:30:02 hall moves
        1 18:30:09 door closes
        1 18:31:40 hall still
        1 18:40:00 kitchen moves
        1 19:20:00 kitchen still
    """
    assert watch.play(script, until="1 22:00:00") == []
    assert watch.place == "home since 1 18:30:00: sign_indoors"


def test_collapsed_in_the_evening_and_found_in_the_morning() -> None:
    watch = Watch(home("living", "kitchen", "tap", "door"), begins="1 07:00:00")
    script = """
        1 18:00:00 kitchen moves
        1 18:40:00 kitchen still
        2 08:00:00 door opens
        2 08:00:10 door closes
    """
    assert watch.play(script, until="2 08:10:00") == [
        "1 13:00:00 raised inactivity no_sign_since_start since 1 07:00:00",
        "1 18:00:00 cleared inactivity sign_of_life since 1 07:00:00",
        "2 06:40:00 raised inactivity no_sign_of_life_floor since 1 18:40:00",
        "2 08:00:00 cleared inactivity sign_of_life since 1 18:40:00",
    ]


def test_dead_in_bed_is_told_before_noon() -> None:
    watch = Watch(begins="1 19:00:00")
    assert watch.play(EVENING, until="2 20:00:00") == [
        "2 08:15:00 raised inactivity no_sign_of_life_in_bed since 1 22:15:00"
    ]


def test_she_wanders_out_at_night_and_leaves_the_door_open() -> None:
    watch = Watch(begins="1 19:00:00")
    script = """
        2 02:30:00 bed empty
        2 02:31:00 hall moves
        2 02:31:10 door opens
        2 02:32:40 hall still
        2 03:15:00 door closes
    """
    assert watch.play(EVENING + script, until="2 05:00:00") == [
        "2 02:41:10 raised door door_left_open_at_night door since 2 02:31:10",
        "2 03:15:00 cleared door door_closed door since 2 02:31:10",
        "2 03:45:00 raised door out_at_night since 2 03:15:00",
    ]


def test_a_sensor_dies_and_gets_a_new_battery() -> None:
    devices = tuple(replace(device, report_interval_s=4 * 3600.0) for device in DEVICES if device.id == "smoke")
    watch = Watch(home("living", extra=devices, inactivity_day_s=43200.0), begins="1 07:00:00")
    script = """
        1 08:00:00 smoke 40 battery
        1 09:00:00 living moves
        1 12:00:00 smoke 14 battery
        1 16:00:00 smoke 9 battery
        1 09:30:00 living still
        1 18:00:00 living moves
        1 18:30:00 living still
        2 05:00:00 living moves
        2 10:00:00 smoke 100 battery
        2 10:00:05 smoke 100 battery
    """
    assert watch.play(script, until="2 12:00:00") == [
        "1 12:00:00 raised battery battery_low smoke since 1 12:00:00",
        "2 00:00:00 raised silence device_silent smoke since 1 16:00:00",
        "2 10:00:00 cleared silence heard_again smoke since 1 16:00:00",
        "2 10:00:05 cleared battery battery_changed smoke since 1 12:00:00",
    ]


def test_the_bridge_goes_down_for_a_night_and_repeats_an_old_press_when_it_is_back() -> None:
    interval = tuple(
        replace(device, report_interval_s=3600.0) for device in DEVICES if device.id in {"living", "pendant"}
    )
    watch = Watch(home("kitchen", extra=interval), begins="1 19:00:00")

    def bridge(at: str, *, up: bool) -> None:
        watch.until(at)
        reading = Reading(device_id="zigbee2mqtt", kind=Kind.BRIDGE, value=up, at=when(at))
        watch.state, found = pipeline.step(watch.home, watch.state, reading)
        watch.found += found

    bridge("1 19:00:10", up=True)
    watch.says("1 19:30:00", "pendant", "press", origin="0123456789abcdef")
    watch.says("1 20:00:00", "living", "moves")
    bridge("1 20:30:00", up=False)
    bridge("2 02:00:00", up=True)
    watch.says("2 02:00:03", "pendant", "press", origin="0123456789abcdef")  # cached by the bridge
    watch.says("2 02:00:04", "living", "still")
    watch.says("2 02:00:09", "pendant", "press", origin="0123456789abcdef")  # a person, with the same bytes
    assert watch.lines == [
        "1 19:30:00 raised emergency pressed since 1 19:30:00",
        "1 20:33:00 raised silence bridge_down zigbee2mqtt since 1 20:30:00",
        "2 02:00:00 cleared silence bridge_up zigbee2mqtt since 1 20:30:00",
        "2 02:00:09 raised emergency pressed since 2 02:00:09",
    ]


def test_the_box_was_off_for_a_night_and_tells_in_the_morning_what_it_missed() -> None:
    watch = Watch(begins="1 19:00:00")
    watch.play(EVENING, until="1 22:16:00")
    watch.hears("1 22:20:00", "door", "opens")
    rebuilt = pipeline.decode_state(pipeline.encode_state(watch.state))
    reading = Reading(device_id="living", kind=Kind.MOTION, value=True, at=when("2 09:00:00"))
    _, found = pipeline.step(watch.home, rebuilt, reading)
    assert [line(one) for one in found] == [
        "2 09:00:00 raised door door_left_open_at_night door since 1 22:20:00",
        "2 09:00:00 raised inactivity no_sign_of_life_in_bed since 1 22:20:00",
        "2 09:00:00 cleared inactivity sign_of_life since 1 22:20:00",
    ]


def test_midnight_is_not_where_the_night_begins() -> None:
    """Shanghai's midnight is 16:00 UTC; the door opened at 21:59:30 local has the day's patience only until 22:00."""
    watch = Watch(home("door", "living", door_open_night_s=7200.0, door_open_day_s=14400.0), begins="1 19:00:00")
    watch.says("1 21:59:30", "door", "opens")
    assert watch.until("2 02:00:00") == ["2 00:00:00 raised door door_left_open_at_night door since 1 21:59:30"]


def test_a_caregiver_comes_and_goes_while_she_stays_in_bed() -> None:
    watch = Watch(begins="1 07:00:00")
    script = """
        1 07:10:00 bed filled
        1 09:00:00 door opens
        1 09:00:05 door closes
        1 09:00:06 hall moves
        1 09:30:00 hall still
        1 09:30:10 hall moves
        1 09:30:20 door opens
        1 09:30:25 door closes
        1 09:31:40 hall still
    """
    assert watch.play(script, until="1 23:00:00") == [
        "1 19:31:40 raised inactivity no_sign_of_life_in_bed since 1 09:31:40"
    ]
    assert watch.place == "asleep since 1 07:10:00: bed_occupied"


def test_back_door_and_front_door() -> None:
    back = Device(id="back", role=Role.ENTRANCE, room="kitchen")
    watch = Watch(home(extra=(back,)), begins="1 07:00:00")
    script = """
        1 08:00:00 kitchen moves
        1 08:10:00 kitchen still
        1 09:00:00 back opens
        1 09:00:05 back closes
        1 12:00:00 door opens
        1 12:00:02 hall moves
        1 12:00:05 door closes
    """
    watch.play(script, until="1 13:00:00")
    assert watch.place == "home since 1 12:00:00: sign_indoors"
    assert watch.lines == []
