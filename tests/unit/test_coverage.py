"""The longest unseen time: by place and hour, when a sensor or a path is lost, told and mended."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import pytest

from devices.reading import Kind, Reading
from gateway.detection import coverage
from gateway.detection.coverage import Cause, Repair, Todo
from gateway.detection.home import Device, Role, Way
from gateway.detection.pipeline import decode_state, encode_state
from tests.scenarios.watch import Watch, home, when

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.detection.coverage import Coverage
    from gateway.detection.home import Home
    from gateway.detection.state import State

H = 3600.0
ASKED_S = 30.0  # the countdown
BATH_PIR = Device(id="bath_pir", role=Role.MOTION, room="bathroom")
STATION = Way(after_s=0.0, needs="gateway/station", detour="gateway/uplink", detour_s=10.0)
CALL = Way(after_s=180.0, needs="gateway/telephone")
NEIGHBOUR = Way(after_s=0.0, needs="gateway/contact 王阿姨", gentle=True)


def lived_in(watch: Watch, at: str = "1 08:30:00") -> Watch:
    """Every device has spoken once, and she is at home."""
    words = {Kind.CONTACT: "closes", Kind.FALL: "none", Kind.ACTIVITY: "flush", Kind.SOS: "press"}
    for device in watch.home.devices.values():
        kind = {Role.ENTRANCE: Kind.CONTACT, Role.INNER_DOOR: Kind.CONTACT, Role.FALL: Kind.FALL}.get(device.role)
        kind = kind or {Role.ACTIVITY: Kind.ACTIVITY}.get(device.role, Kind.BATTERY)
        watch.says(at, device.id, words.get(kind, 90.0), kind)
    watch.moves(at.replace("30:00", "31:00"))
    return watch


def covered(watch: Watch, at: str = "1 10:00:00") -> Coverage:
    watch.until(at)
    return coverage.judge(watch.home, watch.state, when(at))


def by_place(found: Coverage) -> dict[str, tuple[float, Cause]]:
    return {spot.room + "/bed" * spot.in_bed: (spot.longest_s, spot.cause) for spot in found.spots}


def lose(watch: Watch, *devices: str, at: str = "1 09:30:00") -> None:
    for device in devices:
        watch.says(at, device, "offline", Kind.AVAILABILITY)


def trouble(watch: Watch, at: str, part: str, *, down: bool, kind: Kind = Kind.TROUBLE) -> list[str]:
    told = watch.until(at)
    value = down if kind is Kind.TROUBLE else not down
    return told + watch.takes(Reading(device_id=part, kind=kind, value=value, at=when(at)))


def test_in_order_every_place_has_its_own_longest_time() -> None:
    found = covered(lived_in(Watch(home(extra=(BATH_PIR,)))))
    floor = (12 * H + ASKED_S, Cause.SILENCE)
    assert by_place(found) == {
        "hall": floor,
        "living": floor,
        "kitchen": floor,
        "bedroom": floor,
        "bedroom/bed": (10 * H + ASKED_S, Cause.SILENCE),
        "bathroom": (60.0, Cause.RADAR),
    }
    assert found.longest_s == found.in_order_s == 12 * H + ASKED_S
    assert found.repairs == ()


def test_each_hour_has_the_time_that_a_silence_from_then_on_takes() -> None:
    living = next(spot for spot in covered(lived_in(Watch())).spots if spot.room == "living")
    told_h = [(seconds - ASKED_S) / H for seconds in living.unseen_s]
    assert told_h == [
        12.0, 11.0, 10.0, 9.0, 8.0, 7.0,  # the rest of the night, and the six hours of the day behind it
        *[6.0] * 11,  # by day
        12.0, 12.0, 12.0, 12.0, 12.0,  # up to five hours of evening, ten of night, and again the day: the floor
        12.0, 12.0,
    ]  # fmt: skip


def test_what_inactivity_says_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage.inactivity, "told_after_s", lambda *_, in_bed: 5 * H if in_bed else 3 * H)
    found = covered(lived_in(Watch(home(extra=(BATH_PIR,)))))
    assert (found.longest_s, found.worst.in_bed) == (5 * H + ASKED_S, True)


def test_a_dead_radar_turns_a_minute_into_hours_and_says_which_battery() -> None:
    watch = lived_in(Watch(home(extra=(BATH_PIR,))))
    lose(watch, "radar")
    found = covered(watch)
    assert by_place(found)["bathroom"] == (12 * H + ASKED_S, Cause.SILENCE)
    assert found.repairs == (Repair(Todo.BATTERY, "radar"),)


def test_a_room_in_which_nothing_sees_her_is_worse_than_the_floor() -> None:
    watch = lived_in(Watch())
    lose(watch, "kitchen")
    found = covered(watch)
    assert by_place(found)["kitchen"] == (24 * H, Cause.TAKEN_FOR_OUT)
    assert (found.longest_s, found.worst.room, found.in_order_s) == (24 * H, "kitchen", 12 * H + ASKED_S)
    assert found.repairs == (Repair(Todo.BATTERY, "kitchen"),)


def test_without_a_living_entrance_nobody_is_taken_to_be_out() -> None:
    watch = lived_in(Watch())
    lose(watch, "kitchen", "door")
    assert covered(watch).longest_s == 12 * H + ASKED_S
    assert covered(watch).at_door_s == 0.0


def test_beside_the_entrance_she_may_be_taken_to_be_out_unless_a_radar_stands_there() -> None:
    assert covered(lived_in(Watch())).at_door_s == 24 * H
    guard = Device(id="guard", role=Role.PRESENCE, room="hall")
    assert covered(lived_in(Watch(home(extra=(guard,))))).at_door_s == 0.0


def test_with_every_sensor_indoors_silent_nothing_bounds_it() -> None:
    watch = lived_in(Watch(home("door", "living", "kitchen")))
    lose(watch, "living", "kitchen")
    found = covered(watch)
    assert (found.longest_s, found.worst.cause) == (inf, Cause.ALL_SILENT)
    assert set(found.repairs) == {Repair(Todo.BATTERY, "living"), Repair(Todo.BATTERY, "kitchen")}
    assert covered(watch, "1 11:00:00").spots == found.spots


def test_a_bridge_that_is_down_silences_all_behind_it() -> None:
    watch = lived_in(Watch(home("door", "living")))
    trouble(watch, "1 09:00:00", "z2m", down=True, kind=Kind.BRIDGE)
    found = covered(watch, "1 09:01:00")
    assert (found.longest_s, found.worst.cause, found.repairs) == (inf, Cause.ALL_SILENT, (Repair(Todo.BRIDGE, "z2m"),))
    trouble(watch, "1 09:02:00", "z2m", down=False, kind=Kind.BRIDGE)
    assert covered(watch, "1 09:03:00").longest_s == 12 * H + ASKED_S


def test_the_broker_that_is_lost_silences_everything() -> None:
    watch = lived_in(Watch())
    trouble(watch, "1 09:00:00", "gateway/broker", down=True)
    found = covered(watch, "1 09:01:00")
    assert (found.longest_s, found.repairs) == (inf, (Repair(Todo.BRIDGE, "gateway/broker"),))


def test_what_was_never_heard_is_not_counted_on() -> None:
    watch = Watch(home("living", extra=(BATH_PIR,)))
    watch.moves("1 08:30:00")
    found = covered(watch)
    assert by_place(found) == {
        "living": (12 * H + ASKED_S, Cause.SILENCE),
        "bathroom": (12 * H + ASKED_S, Cause.SILENCE),  # there is no entrance: nobody is taken to be out
    }
    both = Watch(home("door", "living", extra=(BATH_PIR,)))
    both.passes("1 08:10:00")
    both.moves("1 08:30:00")
    assert covered(both).repairs == (Repair(Todo.INSTALL, "bath_pir"),)


def test_a_room_of_the_settings_without_a_sensor_wants_one() -> None:
    watch = lived_in(Watch(replace(home("door", "living"), rooms=("living", "balcony"))))
    found = covered(watch)
    assert (found.longest_s, found.in_order_s) == (24 * H, 24 * H)
    assert (found.worst.room, found.repairs) == ("balcony", (Repair(Todo.ADD_SENSOR, "balcony"),))


@pytest.mark.parametrize(
    ("down", "silence_s", "fall_s"),
    [
        ((), 0.0, 0.0),
        (("gateway/uplink",), 0.0, 10.0),
        (("gateway/contact 王阿姨",), 300.0, 0.0),
        (("gateway/contact 王阿姨", "gateway/station"), 480.0, 180.0),
    ],
)
def test_to_each_comes_the_first_way_that_works(down: tuple[str, ...], silence_s: float, fall_s: float) -> None:
    ways = (STATION, CALL, NEIGHBOUR)
    watch = lived_in(Watch(replace(home(), ways=ways, gentle_s=300.0)))
    for part in down:
        trouble(watch, "1 09:00:00", part, down=True)
    places = by_place(covered(watch))
    assert places["living"][0] == 12 * H + ASKED_S + silence_s
    assert places["bathroom"][0] == 60.0 + fall_s


def test_without_any_way_nothing_bounds_it() -> None:
    watch = lived_in(Watch(replace(home(), ways=(STATION,))))
    trouble(watch, "1 09:00:00", "gateway/station", down=True)
    found = covered(watch)
    assert (found.longest_s, found.worst.cause) == (inf, Cause.NO_WAY)
    assert found.repairs == (Repair(Todo.PATH, "gateway/station"),)


# What is told

LIMITED = {"unseen_limit_s": 45_000.0, "silence_cap_s": 3600.0}


def test_a_figure_beyond_the_bed_s_limit_is_told_after_half_an_hour_and_cleared_when_mended() -> None:
    watch = lived_in(Watch(home(**LIMITED)))
    watch.moves("1 10:00:00")
    lose(watch, "kitchen", at="1 10:30:00")
    watch.moves("1 10:31:00")
    found = watch.until("1 11:00:04"), watch.until("1 11:00:06")
    assert found == ([], ["1 11:00:05 raised system unseen_too_long gateway/coverage since 1 10:30:05"])
    assert watch.found[-1].evidence == {
        "cause": "taken_for_out", "room": "kitchen", "limit_s": 45_000.0, "unseen_s": 86_400.0,
        "todo": "battery", "what": "kitchen",
    }  # fmt: skip
    assert watch.until("1 11:30:00") == []
    watch.moves("1 12:00:00", "kitchen")
    assert watch.lines[-1] == "1 12:00:05 cleared system unseen_in_time gateway/coverage since 1 10:30:05"
    assert watch.state.coverage.longest_s == 12 * H + ASKED_S


def test_what_is_mended_within_half_an_hour_is_not_told() -> None:
    watch = lived_in(Watch(home(**LIMITED)))
    lose(watch, "kitchen", at="1 10:30:00")
    watch.moves("1 10:55:00", "kitchen")
    watch.until("1 12:00:00")
    assert not any("unseen" in line for line in watch.lines)


def test_what_cannot_be_mended_is_shown_and_not_told() -> None:
    watch = lived_in(Watch(replace(home("door", "living", **LIMITED), rooms=("living", "balcony"))))
    watch.until("1 11:00:00")
    assert watch.state.coverage.longest_s == 24 * H
    assert watch.lines == []


def test_a_place_that_gets_worse_is_told_though_another_one_was_as_bad_before() -> None:
    watch = lived_in(
        Watch(replace(home("door", "living", "radar", **LIMITED), rooms=("living", "bathroom", "balcony")))
    )
    watch.moves("1 10:00:00")
    assert covered(watch, "1 10:10:00").impaired is None
    lose(watch, "radar", at="1 10:30:00")
    found = covered(watch, "1 10:31:00")
    assert found.impaired is not None
    assert (found.longest_s, found.in_order_s) == (24 * H, 24 * H)
    assert (found.impaired.room, found.impaired.longest_s) == ("bathroom", 24 * H)
    assert watch.until("1 11:00:06") == ["1 11:00:05 raised system unseen_too_long gateway/coverage since 1 10:30:05"]
    assert (watch.found[-1].evidence["room"], watch.found[-1].evidence["what"]) == ("bathroom", "radar")


def test_what_is_learned_of_a_whole_home_is_what_it_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def told_after_s(_home: Home, state: State, _since: datetime, *, in_bed: bool) -> float:
        return (12 if state.silence.lost or in_bed else 4) * H

    watch = lived_in(Watch(home("living", "kitchen", "hall")))
    monkeypatch.setattr(coverage.inactivity, "told_after_s", told_after_s)
    lose(watch, "kitchen", at="1 10:30:00")
    found = covered(watch, "1 10:31:00")
    assert (found.longest_s, found.in_order_s) == (12 * H + ASKED_S, 4 * H + ASKED_S)
    assert found.repairs == (Repair(Todo.BATTERY, "kitchen"),)


def test_a_limit_of_none_is_never_told() -> None:
    watch = lived_in(Watch())
    lose(watch, "kitchen", at="1 10:30:00")
    watch.until("1 12:00:00")
    assert not any("unseen" in line for line in watch.lines)


def test_a_new_home_has_a_day_to_speak_once() -> None:
    watch = Watch(home("door", "living", extra=(BATH_PIR,), unseen_limit_s=45_000.0, silence_cap_s=36_000.0))
    watch.passes("1 08:10:00")
    watch.moves("1 08:30:00")
    watch.moves("1 13:00:00")
    assert watch.until("1 17:59:59") == []
    assert watch.until("1 18:00:01") == ["1 18:00:00 raised system unseen_too_long gateway/coverage since 1 08:00:00"]


def test_the_figure_is_worked_out_anew_every_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = lived_in(Watch())
    monkeypatch.setattr(coverage.inactivity, "told_after_s", lambda *_, in_bed: 5 * H if in_bed else 3 * H)
    watch.until("2 04:29:59")
    before = watch.state.coverage.longest_s
    watch.until("2 04:30:01")
    assert (before, watch.state.coverage.longest_s) == (12 * H + ASKED_S, 5 * H + ASKED_S)


def test_no_reading_waits_for_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = lived_in(Watch())
    worked: list[str] = []
    monkeypatch.setattr(coverage, "judge", lambda *_: worked.append("!"))
    for minute in range(30):
        watch.moves(f"1 10:{minute:02}:00")
    watch.hears("1 10:31:00", "living", "offline", Kind.AVAILABILITY)
    watch.hears("1 10:31:01", "pendant", "press")
    assert worked == []


def test_what_is_remembered_survives_a_restart() -> None:
    watch = lived_in(Watch(home(**LIMITED)))
    lose(watch, "kitchen", at="1 10:30:00")
    watch.until("1 11:30:00")
    assert decode_state(encode_state(watch.state)) == watch.state
    assert watch.state.coverage.told == "unseen:2026-03-02T02:30:05+00:00"
