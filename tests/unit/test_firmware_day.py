"""A simulated day: the same for the same seed, about 2,000 readings, and every message understood by the dialects."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from devices.dialects import native, zigbee2mqtt
from devices.reading import Decoded, Kind
from firmware_sim.flash import Flash
from firmware_sim.house import DEFAULT, Form
from firmware_sim.household import Household
from firmware_sim.message import Message
from firmware_sim.resident import Doing, Place, plan_day, stay_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 4, tzinfo=SHANGHAI).astimezone(UTC)
BASES: dict[Form, str] = {"native": "shouwang", "zigbee2mqtt": "zigbee2mqtt"}


def home(form: Form = "native", seed: int = 7, activity: float = 1.0) -> Household:
    return Household(
        DEFAULT, seed=seed, start=MIDNIGHT, form=form, flash=Flash(), base_topic=BASES[form], activity=activity
    )


def day_of(form: Form = "native", seed: int = 7, step_s: float = 86400, activity: float = 1.0) -> list[Message]:
    house = home(form, seed, activity)
    house.power_up()
    messages, now = [], MIDNIGHT
    while now < MIDNIGHT + timedelta(days=1):
        now += timedelta(seconds=step_s)
        messages += [effect for effect in house.advance(now) if isinstance(effect, Message)]
    return messages


def decode(form: Form, message: Message) -> Decoded:
    if form == "native":
        return native.decode(message.topic, message.payload, MIDNIGHT, base_topic=BASES[form])
    return zigbee2mqtt.decode(message.topic, message.payload, MIDNIGHT, base_topic=BASES[form])


def digest(messages: list[Message]) -> str:
    return hashlib.sha256(b"\n".join(m.topic.encode() + b" " + m.payload for m in messages)).hexdigest()


def test_the_plan_of_a_day_has_no_gap_and_ends_when_she_gets_up() -> None:
    today = plan_day(7, date(2026, 3, 2), SHANGHAI)
    assert all(before.end == after.start for before, after in pairwise(today))
    assert today[-1].end == plan_day(7, date(2026, 3, 3), SHANGHAI)[0].start
    assert today[0].doing is Doing.TOILET
    assert today[-1].doing is Doing.SLEEP


def test_the_stay_at_a_moment_is_the_one_that_holds_it() -> None:
    for hour in range(24):
        at = MIDNIGHT + timedelta(hours=hour)
        stay = stay_at(7, at, SHANGHAI)
        assert stay.start <= at < stay.end
    assert stay_at(7, MIDNIGHT, SHANGHAI).place is Place.BEDROOM


def test_over_a_month_she_lives_an_old_persons_days() -> None:
    hours: Counter[Doing] = Counter()
    night_visits = 0
    for number in range(30):
        stays = plan_day(7, date(2026, 3, 1) + timedelta(days=number), SHANGHAI)
        for before, stay in pairwise(stays):
            hours[stay.doing] += int((stay.end - stay.start).total_seconds())
            night_visits += before.doing is Doing.SLEEP and stay.doing is Doing.TOILET
    by_day = {doing: seconds / 3600 / 30 for doing, seconds in hours.items()}
    assert 5.9 < by_day[Doing.SLEEP] < 9.2
    assert 5.5 < by_day[Doing.REST] + by_day[Doing.EAT] < 11.9
    assert 0.1 < by_day[Doing.OUT] < 6.2
    assert 0.5 < night_visits / 30 < 2


def test_the_same_seed_lives_the_same_day_however_time_is_cut() -> None:
    whole = day_of()
    assert digest(day_of(step_s=60)) == digest(whole)
    assert digest(day_of(seed=8)) != digest(whole)


def test_another_process_lives_the_same_day() -> None:
    program = (
        "from datetime import *; import hashlib; from firmware_sim.household import *; "
        "from firmware_sim.message import Message; "
        "from firmware_sim.house import DEFAULT; from firmware_sim.flash import Flash\n"
        f"start = datetime.fromisoformat('{MIDNIGHT.isoformat()}')\n"
        "home = Household(DEFAULT, seed=7, start=start, form='native', flash=Flash(), base_topic='shouwang')\n"
        "home.power_up(); day = home.advance(start + timedelta(days=1))\n"
        "lines = [m.topic.encode() + b' ' + m.payload for m in day if isinstance(m, Message)]\n"
        "print(hashlib.sha256(b'\\n'.join(lines)).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == digest(day_of())


@pytest.mark.parametrize("form", ["native", "zigbee2mqtt"])
def test_every_message_of_a_day_is_understood_without_a_refusal(form: Form) -> None:
    decoded = [decode(form, message) for message in day_of(form)]
    assert [refusal for found in decoded for refusal in found.refusals] == []
    heard = {(reading.device_id, reading.kind) for found in decoded for reading in found.readings}
    for wanted in (
        ("door_entrance", Kind.CONTACT),
        ("pir_kitchen", Kind.MOTION),
        ("bed_strap", Kind.BED),
        ("radar_living", Kind.PRESENCE),
        ("radar_living", Kind.FALL),
        ("smoke_kitchen", Kind.SMOKE),
        ("pendant", Kind.BATTERY),
    ):
        assert wanted in heard


def test_a_native_day_has_about_two_thousand_readings() -> None:
    messages = day_of()
    kinds = Counter(reading.kind for message in messages for reading in decode("native", message).readings)
    print(f"seed 7, 2026-03-04: {len(messages)} messages, {kinds.total()} readings: {dict(kinds)}")
    assert (len(messages), kinds.total()) == (1528, 2019)


def test_native_sequences_rise_by_one_for_each_device() -> None:
    counters: dict[str, list[int]] = {}
    for message in day_of():
        counters.setdefault(message.client, []).append(json.loads(message.payload)["seq"])
    assert {name: seqs == list(range(1, len(seqs) + 1)) for name, seqs in counters.items()} == dict.fromkeys(
        counters, True
    )


def test_what_the_devices_say_agrees_with_where_she_is() -> None:
    """The bed is told as taken within 5 s of lying down and as empty within 10 s of rising, and at no other time."""
    house = home()
    house.power_up()
    told = False
    for minute in range(24 * 60):
        now = MIDNIGHT + timedelta(minutes=minute)
        for effect in house.advance(now):
            if isinstance(effect, Message) and b'"bed":' in effect.payload:
                told = b'"occupied"' in effect.payload
        settled = house.devices["bed_strap"].due()
        if settled is None or settled > now + timedelta(seconds=10):
            assert told is house.life.in_bed, now


def test_a_livelier_person_gives_more_messages() -> None:
    assert (len(day_of(activity=1)), len(day_of(activity=4))) == (1528, 1945)
