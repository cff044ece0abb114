"""What is usual for this person is learned from her silences; the limit follows from one knob and only tightens."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from devices.reading import Kind
from gateway.detection import fixed_limits, inactivity, lasting, pipeline, profile, rhythm, usual
from gateway.detection.prior import average, shipped, strangers
from gateway.detection.profile import ELSEWHERE, Profile, Silence
from tests.scenarios.watch import FIRST_DAY, Watch, home, when

HOURS = range(24)
LATE = usual.Caps(up=(12.0,) * 24, in_bed=(12.0,) * 24)
"""Fixed limits that never come first."""


def quick_days(days: int, *, longest_min: int = 60) -> tuple[Silence, ...]:
    """Days of someone who is never silent for more than an hour by day, and sleeps from ten to six."""
    dice = random.Random(7)  # noqa: S311 - a repeatable life
    by_day = [
        Silence(day, hour * 60 + 10, dice.randrange(20, longest_min), 0) for day in range(days) for hour in range(7, 22)
    ]
    nights = [Silence(day, 22 * 60, 470 + dice.randrange(20), 1) for day in range(days)]
    return tuple(sorted(by_day + nights))


def fitted(silences: tuple[Silence, ...] = (), acceptable: float = 1.0, caps: usual.Caps = LATE) -> usual.Usual:
    return usual.fit(silences, ("living", "bedroom"), shipped(), acceptable, caps, False, False)  # noqa: FBT003 - remembered by position


def test_a_month_of_her_own_tightens_the_day_and_leaves_the_night() -> None:
    before, after = fitted(), fitted(quick_days(30))
    assert before.limit_h(0, 10, in_bed=False) == pytest.approx(3.1, abs=0.7)
    assert after.limit_h(0, 10, in_bed=False) == pytest.approx(1.7, abs=0.4)
    assert after.limit_h(1, 22, in_bed=False) == pytest.approx(9.4, abs=0.6)
    assert (
        after.limit_h(0, 10, in_bed=False)
        < after.limit_h(0, 15, in_bed=False) + 0.5
        < after.limit_h(1, 22, in_bed=False)
    )


def test_each_room_has_its_own() -> None:
    kitchen = tuple(Silence(day, 600, 25, 0) for day in range(30))
    sofa = tuple(Silence(day, 600, 110 + day % 9, 1) for day in range(30))
    found = fitted(tuple(sorted(kitchen + sofa)))
    assert found.limit_h(0, 10, in_bed=False) < found.limit_h(1, 10, in_bed=False) - 0.4


def test_more_false_alarms_acceptable_means_sooner() -> None:
    limits = [fitted(quick_days(30), acceptable).limit_h(0, 10, in_bed=False) for acceptable in (0.1, 0.5, 1, 4, 16)]
    assert all(later > sooner for later, sooner in pairwise(limits))


def test_the_false_alarms_of_months_are_about_those_that_are_acceptable() -> None:
    """Silences drawn from one distribution for ever, and what was told of them noted: the loop closes."""
    dice = random.Random(3)  # noqa: S311 - a repeatable life
    known: list[Silence] = []
    told = 0
    for week in range(30):
        limits = fitted(tuple(known[-profile.KEPT_DAYS * 10 :]), 4.0)
        for day in range(7 * week, 7 * week + 7):
            for hour in range(8, 18):
                lasted_min = 20 + int(dice.expovariate(1 / 35))
                is_told = lasted_min > 60 * limits.limit_h(0, hour, in_bed=False)
                told += is_told
                known.append(Silence(day, hour * 60, lasted_min, 0, told=is_told))
    assert 2.0 <= told / 7 <= 6.0


def test_too_many_false_alarms_make_the_limits_later() -> None:
    calm = quick_days(30)
    often = tuple(one._replace(told=one.place == 0 and one.minute <= 430) for one in calm)
    before, after = fitted(calm), fitted(often)
    assert sum(after.places[0]) > sum(before.places[0]) + 1.0


def test_no_limit_is_later_than_the_fixed_ones_nor_sooner_than_an_hour() -> None:
    caps = usual.Caps(up=(1.5,) * 24, in_bed=(1.5,) * 24)
    found = fitted(quick_days(30), 30.0, caps)
    for place in (0, 1, ELSEWHERE):
        assert all(usual.LEAST_H <= found.limit_h(place, hour, in_bed=False) <= 1.5 for hour in HOURS)


def test_nothing_is_later_than_the_longest_of_an_hour() -> None:
    found = fitted(quick_days(10))
    for hour in HOURS:
        assert found.longest_h(hour, in_bed=False) == max(
            found.limit_h(place, hour, in_bed=False) for place in (0, 1, ELSEWHERE)
        )


def test_one_freak_hardly_moves_a_limit_and_a_new_season_does() -> None:
    calm = quick_days(40)
    freak = tuple(sorted((*calm, Silence(20, 600, 300, 0))))
    season = tuple(sorted((*calm, *(Silence(day, 600, 170, 0) for day in range(26, 40)))))
    before, once, ever = (fitted(one).limit_h(0, 10, in_bed=False) for one in (calm, freak, season))
    assert once - before < 0.8
    assert ever - before > 1.0


def test_a_holiday_forgets_nothing() -> None:
    calm = quick_days(30)
    later = tuple(one._replace(day=one.day + 28 * 7) for one in calm)
    assert fitted(calm) == fitted(later)


def test_who_sleeps_in_on_weekends_has_a_later_limit_then() -> None:
    begun = date(2026, 3, 2).toordinal()
    mornings = tuple(Silence(begun + day, 420, 200 if usual.is_weekend(begun + day) else 40, 0) for day in range(42))
    week, weekend = (
        usual.fit(mornings, ("living",), shipped(), 1.0, LATE, False, free)  # noqa: FBT003 - as above
        for free in (False, True)
    )
    assert weekend.limit_h(0, 7, in_bed=False) > week.limit_h(0, 7, in_bed=False) + 0.3
    assert [usual.is_weekend(begun + day) for day in range(7)] == [False] * 5 + [True] * 2


def test_the_shipped_prior_is_of_three_homes_and_none_of_them_is_its_own_stranger() -> None:
    assert shipped().homes == ("Ordonez B", "Kasteren A", "Aruba")
    day = FIRST_DAY.date().replace(year=2012, month=11, day=20)
    assert strangers(day, day).homes == ("Kasteren A", "Aruba")
    assert strangers(FIRST_DAY.date(), FIRST_DAY.date()).homes == shipped().homes
    assert shipped().digest != strangers(day, day).digest
    assert average({"a": {"up": [[0.5, 1.0, 2.0]], "in_bed": []}, "b": {"up": [[0.5, 1.0, 1.0]], "in_bed": []}}).up == (
        lasting.Sample(0.5, 1.0, 1.5, ELSEWHERE),
    )


# Noted by the pipeline


def learning(*ids: str, begins: str = "1 07:00:00", **limits: float) -> Watch:
    return Watch(replace(home(*ids, extra=(), **limits), prior=shipped()), begins=begins)


def test_a_silence_is_noted_with_its_day_minute_length_and_place() -> None:
    seen = learning("living", "kitchen", "door")
    seen.moves("1 09:00:00", "kitchen")
    seen.moves("1 09:45:30", "living")
    seen.moves("1 09:50:00", "living")  # not long enough to be noted
    assert seen.state.profile.places == ("kitchen",)
    assert seen.state.profile.today == (Silence(when("1 09:00:00").toordinal(), 540, 45, 0),)


def test_places_tell_a_bed_and_a_seat_apart() -> None:
    seen = learning()
    for hour, device in ((9, "bed"), (12, "sofa")):
        seen.says(f"1 {hour:02}:00:00", device, "filled")
        seen.says(f"1 {hour + 1:02}:00:00", device, "empty")
        seen.moves(f"1 {hour + 1:02}:30:00", "kitchen")
    assert seen.state.profile.places == ("bedroom/bed", "bedroom", "kitchen", "living/seat", "living")


def test_being_out_is_no_silence_and_a_lost_sensor_teaches_nothing() -> None:
    seen = learning("living", "kitchen", "hall", "door")
    seen.moves("1 09:00:00", "hall")
    seen.passes("1 09:00:40")
    seen.passes("1 11:00:00")
    seen.moves("1 11:00:10", "hall")
    assert seen.state.profile == Profile()
    seen.says("1 11:10:00", "kitchen", "moves")
    seen.says("1 11:10:10", "kitchen", "offline", Kind.AVAILABILITY)
    seen.moves("1 12:00:00", "living")
    assert seen.state.profile == Profile()


def test_days_count_once_they_are_over() -> None:
    seen = learning("living", "door")
    for clock in ("1 09:00:00", "1 10:00:00", "2 00:30:00"):
        seen.moves(clock)
    assert (len(seen.state.profile.silences), len(seen.state.profile.today)) == (1, 1)
    seen.moves("2 01:30:00")
    assert (len(seen.state.profile.silences), len(seen.state.profile.today)) == (1, 2)


def test_a_told_silence_is_noted_as_a_false_alarm_and_counts_for_little_more_than_its_limit() -> None:
    seen = learning("living", "door")
    seen.moves("1 09:00:00")
    seen.moves("1 16:00:00")
    told, over = seen.found
    assert (told.reason, over.reason) == ("no_sign_unusual", "sign_of_life")
    limit_min = float(str(told.evidence["limit_s"])) / 60
    assert seen.state.profile.today[0] == Silence(
        when("1 09:00:00").toordinal(), 540, round(1.25 * limit_min), 0, told=True
    )


# Told


def test_a_week_of_her_own_gives_the_sentence_its_numbers() -> None:
    seen = learning("living", "door", inactivity_day_s=43200.0)
    for day in range(1, 10):
        for half in range(14, 44):
            seen.moves(f"{day} {half // 2:02}:{half % 2 * 30:02}:00")
        seen.moves(f"{day} 22:05:00")
    for clock in ("10 07:00:00", "10 08:00:00", "10 09:00:00"):
        seen.moves(clock)
    seen.until("10 23:00:00")
    told = next(found for found in seen.found if found.at > when("10 09:00:30"))
    assert (told.reason, told.evidence["usual_part"]) == ("no_sign_unusual", "morning")
    assert (told.evidence["usual_s"], told.evidence["silent_s"]) == (1800.0, told.evidence["limit_s"])


def test_while_a_sensor_is_lost_the_fixed_limits_hold() -> None:
    seen = learning("living", "kitchen", "door")
    seen.moves("1 09:00:00")
    assert inactivity.limit_s(seen.home, seen.state) < 6 * 3600
    seen.says("1 09:10:00", "kitchen", "moves")
    seen.says("1 09:10:10", "kitchen", "offline", Kind.AVAILABILITY)
    assert inactivity.limit_s(seen.home, seen.state) == 6 * 3600


def test_the_knob_at_nought_learns_nothing() -> None:
    seen = learning("living", "door", false_alarms_a_month=0.0)
    seen.moves("1 09:00:00")
    assert rhythm.limit_s(seen.home, seen.state) is None
    assert inactivity.limit_s(seen.home, seen.state) == 6 * 3600


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize("acceptable", [0.05, 1.0, 30.0])
def test_whatever_was_learned_is_never_later_than_the_fixed_limits(hour: int, acceptable: float) -> None:
    seen = learning("living", "bedroom", "bed", "door", false_alarms_a_month=acceptable)
    learned = Profile(places=("living", "bedroom/bed"), silences=quick_days(20, longest_min=700))
    seen.state = seen.state._replace(profile=learned)
    seen.hears(f"2 {hour:02}:00:00", "living", "moves")
    fixed = fixed_limits.judge(seen.home, seen.state.quiet_since, in_bed=False)
    assert inactivity.judge(seen.home, seen.state).due <= fixed.due
    for in_bed in (False, True):
        later_s = inactivity.told_after_s(seen.home, seen.state, when(f"2 {hour:02}:00:00"), in_bed=in_bed)
        assert inactivity.limit_s(seen.home, seen.state) <= later_s <= 12 * 3600 or in_bed


def test_a_silence_by_day_is_told_in_time_though_the_night_before_was_due_later() -> None:
    seen = learning("living", "door", begins="1 22:30:00")
    seen.moves("1 23:00:00")
    due_at_night = seen.state.inactivity.due
    seen.moves("2 05:55:00")
    seen.moves("2 10:00:00")
    assert due_at_night <= when("2 00:00:30")
    limit_s = inactivity.limit_s(seen.home, seen.state)
    told = seen.until("2 22:00:00")
    assert len(told) == 1
    assert (seen.found[0].at - when("2 10:00:30")).total_seconds() == limit_s


def test_what_was_learned_survives_a_restart_and_gives_the_same_limit() -> None:
    seen = learning("living", "kitchen", "door")
    for day in range(1, 4):
        for hour in range(8, 20):
            seen.moves(f"{day} {hour:02}:00:00", "living" if hour % 2 else "kitchen")
    restored = pipeline.decode_state(pipeline.encode_state(seen.state))
    assert restored == seen.state
    assert inactivity.limit_s(seen.home, restored) == inactivity.limit_s(seen.home, seen.state)


def test_only_the_latest_days_are_kept() -> None:
    seen = learning("living", "door")
    seen.home = replace(seen.home, prior=None)
    for day in range(1, profile.KEPT_DAYS + 5):
        seen.moves(f"{day} 12:00:00")
        seen.moves(f"{day} 12:45:00")
    days = {silence.day for silence in seen.state.profile.silences}
    assert len(days) == profile.KEPT_DAYS


def test_daylight_saving_moves_no_hour() -> None:
    here = replace(home("living", "door"), prior=shipped(), timezone=ZoneInfo("Europe/Berlin"))
    seen = Watch(here, begins="27 07:00:00")
    seen.moves("28 09:00:00")
    seen.moves("28 10:00:00")
    assert seen.state.profile.today[-1].minute == 3 * 60
