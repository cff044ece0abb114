"""One device: boots, counters, heartbeats, battery; the spool; the flash memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from devices.reading import Kind
from firmware_sim.feeling import Feeling, Sense
from firmware_sim.firmware import Firmware, Occasion, OwnClock
from firmware_sim.flash import Flash
from firmware_sim.house import DEFAULT
from firmware_sim.message import Message, Rank, rank_of
from firmware_sim.refused import Refused
from firmware_sim.resident import Place
from firmware_sim.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def device(name: str, flash: Flash | None = None) -> Firmware:
    fitted = next(fitted for fitted in DEFAULT.devices if fitted.id == name)
    counter = (flash or Flash()).counter(name)
    return Firmware(fitted=fitted, place=DEFAULT.place_of(fitted), next_boot=counter)


def message(number: int, rank: Rank) -> Message:
    return Message(client="d", topic="t", payload=str(number).encode(), rank=rank)


def test_a_boot_tells_the_lasting_state_and_a_heartbeat() -> None:
    said = device("door_entrance").boot(START)
    told = [(one.occasion, one.boot, one.seq, one.facts, one.battery_percent) for one in said]
    assert told == [
        (Occasion.EVENT, 1, 1, ((Kind.CONTACT, False),), 100.0),
        (Occasion.HEARTBEAT, 1, 2, (), 100.0),
    ]


def test_heartbeats_come_every_interval_with_the_time_since_boot() -> None:
    radar = device("radar_living")
    radar.boot(START)
    beats = []
    for _ in range(3):
        due = radar.due()
        assert due is not None
        beats += [(one.at, one.uptime_s, one.interval_s, one.battery_percent) for one in radar.wake(due)]
    assert beats == [(after(300 * n), 300.0 * n, 300, None) for n in (1, 2, 3)]


def test_the_boot_number_rises_with_each_reboot_and_the_sequence_starts_again() -> None:
    pendant = device("pendant")
    counters = [(one.boot, one.seq) for one in pendant.boot(START)]
    pendant.halt()
    counters += [(one.boot, one.seq) for one in pendant.boot(after(10))]
    assert counters == [(1, 1), (2, 1)]


def test_a_reboot_is_no_press_unless_the_button_is_a_bad_one() -> None:
    pendant = device("pendant")
    assert [one.facts for one in pendant.boot(START)] == [()]
    pendant.ghost_press = True
    assert [one.facts for one in pendant.boot(after(10))] == [((Kind.SOS, "press"),), ()]


def test_a_device_without_power_feels_nothing_and_says_nothing() -> None:
    pir = device("pir_hall")
    pir.boot(START)
    pir.halt()
    moved = Feeling(at=after(5), sense=Sense.MOVEMENT, place=Place.HALL)
    assert pir.feel(moved) == []
    assert pir.due() is None
    assert pir.wake(after(9999)) == []


def test_a_sensor_feels_its_own_room_only() -> None:
    pir = device("pir_hall")
    pir.boot(START)
    assert pir.feel(Feeling(at=after(5), sense=Sense.MOVEMENT, place=Place.KITCHEN)) == []
    told = pir.feel(Feeling(at=after(6), sense=Sense.MOVEMENT, place=Place.HALL))
    assert [one.facts for one in told] == [((Kind.MOTION, True),)]


def test_the_battery_drains_by_the_day_and_by_the_message() -> None:
    cord = device("cord_bathroom")  # 0.07 % a day, 0.0014 % a message
    cord.boot(START)
    assert cord.battery_percent == pytest.approx(100 - 0.0014, abs=1e-9)
    for _ in range(48):
        due = cord.due()
        assert due is not None
        cord.wake(due)
    assert cord.battery_percent == pytest.approx(100 - 0.07 - 49 * 0.0014, abs=1e-9)


def test_a_dying_battery_is_told_once_and_then_there_is_silence() -> None:
    smoke = device("smoke_kitchen")
    smoke.boot(START)
    smoke.drain_within(START, hours=10)
    low = []
    while (due := smoke.due()) is not None and due < after(86400):
        low += [one.at for one in smoke.wake(due) if (Kind.BATTERY_LOW, True) in one.facts]
    assert low == [after(9 * 3600)]  # a tenth is left
    assert not smoke.powered
    assert smoke.battery_percent == 0.0


def test_a_new_battery_is_full() -> None:
    smoke = device("smoke_kitchen")
    smoke.battery_percent = 0.0
    smoke.new_battery()
    assert [one.battery_percent for one in smoke.boot(START)] == [100.0, 100.0]


def test_a_stuck_sensor_says_it_once_and_never_takes_it_back() -> None:
    pir = device("pir_hall")
    pir.boot(START)
    assert [one.facts for one in pir.stick(after(1), Kind.MOTION, value=True)] == [((Kind.MOTION, True),)]
    assert pir.feel(Feeling(at=after(9), sense=Sense.MOVEMENT, place=Place.HALL)) == []
    assert pir.wake(after(99)) == []
    assert [one.facts for one in pir.unstick(after(200))] == [((Kind.MOTION, False),)]


def test_a_device_clock_may_be_wrong_by_an_offset_and_by_its_crystal() -> None:
    wrong = OwnClock(offset_s=-60, ppm=1000, since=START)
    assert wrong.at(after(1000)) == after(1000 - 60 + 1)
    assert OwnClock(lost=True).at(START) is None
    assert OwnClock().at(START) == START


def test_flash_counts_boots_over_restarts_of_the_process(tmp_path: Path) -> None:
    file = tmp_path / "flash.json"
    assert [Flash(file).counter("pendant")() for _ in range(3)] == [1, 2, 3]
    assert json.loads(file.read_text(encoding="utf-8")) == {"pendant": 3}


@pytest.mark.parametrize("text", ["", "[]", '{"pendant": "3"}', "\x00"])
def test_a_broken_flash_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "flash.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="bad_flash_file"):
        Flash(file)


def test_the_spool_sends_urgent_first_and_each_rank_in_order() -> None:
    spool = Spool()
    ranks = (Rank.ORDINARY, Rank.STATE, Rank.URGENT, Rank.STATE, Rank.URGENT)
    for number, rank in enumerate(ranks):
        spool.put(message(number, rank))
    sent = []
    while (head := spool.head()) is not None:
        sent.append(int(head.payload))
        spool.confirmed(head, 0.0)
    assert sent == [2, 4, 1, 3, 0]


def call(number: int) -> Message:
    return replace(message(number, Rank.URGENT), number=(1, number))


def test_a_call_is_said_again_until_it_is_heard_and_after_every_broken_connection() -> None:
    spool = Spool()
    for said in (call(0), message(1, Rank.STATE), message(2, Rank.URGENT), call(3)):
        spool.put(said)
        spool.confirmed(message_at_head(spool), 0.0)
    spool.ripen(4.9)
    assert spool.head() is None
    spool.ripen(5.0)
    assert spool.head() == call(0)
    spool.heard((1, 0))
    assert spool.head() == call(3)
    spool.confirmed(message_at_head(spool), 5.1)
    spool.ripen(15.0)
    assert spool.head() is None  # twice as long the second time
    spool.put_back()
    assert spool.head() == call(3)
    spool.confirmed(message_at_head(spool), 3599.0)
    spool.ripen(3659.0)
    spool.confirmed(message_at_head(spool), 3659.0)
    spool.put_back()
    assert spool.head() is None  # after an hour it stops


def test_a_call_may_be_heard_before_the_broker_confirms_it() -> None:
    spool = Spool()
    spool.put(call(0))
    flying = message_at_head(spool)
    spool.heard((1, 0))
    assert spool.head() is None
    spool.confirmed(flying, 0.0)
    spool.put_back()
    assert spool.head() is None


def message_at_head(spool: Spool) -> Message:
    head = spool.head()
    assert head is not None
    return head


def test_a_full_spool_drops_the_oldest_ordinary_one_and_never_a_press() -> None:
    spool = Spool(room_for=3)
    for number, rank in enumerate((Rank.URGENT, Rank.ORDINARY, Rank.ORDINARY, Rank.STATE, Rank.URGENT)):
        spool.put(message(number, rank))
    assert spool.dropped == 2
    left = []
    while (head := spool.head()) is not None:
        left.append(int(head.payload))
        spool.confirmed(head, 0.0)
    assert left == [0, 4, 3]


def test_presses_beyond_the_limit_are_all_kept() -> None:
    spool = Spool(room_for=2)
    for number in range(5):
        spool.put(message(number, Rank.URGENT))
    spool.put(message(5, Rank.STATE))
    assert (len(spool), spool.dropped) == (5, 1)


@pytest.mark.parametrize(
    ("kinds", "rank"),
    [
        (set(), Rank.ORDINARY),
        ({Kind.MOTION}, Rank.ORDINARY),
        ({Kind.MOTION, Kind.FALL}, Rank.URGENT),
        ({Kind.CONTACT}, Rank.STATE),
        ({Kind.SMOKE}, Rank.URGENT),
    ],
)
def test_how_dear_a_message_is(kinds: set[Kind], rank: Rank) -> None:
    assert rank_of(kinds) is rank
