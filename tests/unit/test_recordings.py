"""Every known recording becomes exact readings; every bad row and every wrong file is refused by name."""

from __future__ import annotations

import gzip
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reading import Kind, Reading
from gateway.detection.home import Role
from gateway.recorded import NotARecording, Refusals
from gateway.recorded_tables import read_table
from gateway.recordings import open_recording
from tests.scenarios.watch import Watch, home

if TYPE_CHECKING:
    from pathlib import Path

ORDONEZ = """start,end,sensor,type,room
2012-11-11 21:14:21,2012-11-12 00:21:49,Seat,Pressure,Living
2012-11-12 00:22:57,2012-11-12 00:22:59,Door,PIR,Living
2012-11-12 01:55:09,2012-11-12 09:30:35,Bed,Pressure,Bedroom
2012-11-12 09:31:00,2012-11-12 09:31:20,Toilet,Flush,Bathroom
2012-11-12 16:22:22,2012-11-12 16:22:29,Maindoor,Magnetic,Entrance
2012-11-12 17:10:00,2012-11-12 17:10:05,Fridge,Magnetic,Kitchen
"""


def recorded(folder: Path, text: str | bytes, name: str = "recording") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def lines(readings: list[Reading]) -> list[str]:
    return [f"{one.at:%d %H:%M:%S} {one.device_id} {one.kind} {one.value}" for one in readings]


def test_ordonez(tmp_path: Path) -> None:
    recording = open_recording(recorded(tmp_path, ORDONEZ))
    readings = list(recording.readings)
    assert lines(readings) == [  # UTC: eight hours before Shanghai's wall clock
        "11 13:14:21 living-seat presence True",
        "11 16:21:49 living-seat presence False",
        "11 16:22:57 living-door motion True",
        "11 16:22:59 living-door motion False",
        "11 17:55:09 bedroom-bed bed True",
        "12 01:30:35 bedroom-bed bed False",
        "12 01:31:00 bathroom-toilet activity bathroom-toilet",
        "12 08:22:22 entrance-maindoor contact True",
        "12 08:22:29 entrance-maindoor contact False",
        "12 09:10:00 kitchen-fridge contact True",
        "12 09:10:05 kitchen-fridge contact False",
    ]
    assert [one.sequence for one in readings] == list(range(1, 12))
    assert {device.id: (device.role, device.room) for device in recording.home.devices.values()} == {
        "living-seat": (Role.SEAT, "living"),
        "living-door": (Role.MOTION, "living"),
        "bedroom-bed": (Role.BED, "bedroom"),
        "bathroom-toilet": (Role.ACTIVITY, "bathroom"),
        "entrance-maindoor": (Role.ENTRANCE, "entrance"),
        "kitchen-fridge": (Role.INNER_DOOR, "kitchen"),
    }
    assert not recording.refusals.counts


def test_kasteren(tmp_path: Path) -> None:
    text = """start,end,sensor
2008-02-25 09:37:20,2008-02-25 09:37:23,Hall-Bathroom door
2008-02-25 09:37:21,2008-02-25 09:37:22,ToiletFlush
2008-02-25 10:19:28,2008-02-25 10:19:32,Frontdoor
"""
    recording = open_recording(recorded(tmp_path, text))
    assert lines(list(recording.readings)) == [
        "25 01:37:20 hall-bathroom-door contact True",
        "25 01:37:21 toiletflush activity toiletflush",
        "25 01:37:23 hall-bathroom-door contact False",
        "25 02:19:28 frontdoor contact True",
        "25 02:19:32 frontdoor contact False",
    ]
    assert recording.home.devices["frontdoor"].role is Role.ENTRANCE
    assert recording.home.devices["hall-bathroom-door"].room == "bathroom"


def test_aruba_spreads_its_counts_and_puts_the_door_where_it_belongs(tmp_path: Path) -> None:
    text = """start,end,activity,sensor_counts
2010-11-04 08:00:00,2010-11-04 08:01:00,Meal_Preparation,M015:2 M019:1
2010-11-04 11:41:30,2010-11-04 11:41:42,Leave_Home,D004:1 M030:1
2010-11-04 11:43:30,2010-11-04 11:43:42,Enter_Home,D004:1 M030:1
"""
    recording = open_recording(recorded(tmp_path, text))
    assert lines(list(recording.readings)) == [
        "04 00:00:00 M015 motion True",
        "04 00:00:02 M015 motion False",
        "04 00:00:20 M019 motion True",
        "04 00:00:22 M019 motion False",
        "04 00:00:40 M015 motion True",
        "04 00:00:42 M015 motion False",
        "04 03:41:30 M030 motion True",
        "04 03:41:32 M030 motion False",
        "04 03:41:36 D004 contact True",
        "04 03:41:38 D004 contact False",
        "04 03:43:30 D004 contact True",
        "04 03:43:32 D004 contact False",
        "04 03:43:36 M030 motion True",
        "04 03:43:38 M030 motion False",
    ]


def test_what_a_file_is_is_told_by_its_content(tmp_path: Path) -> None:
    plain = list(open_recording(recorded(tmp_path, ORDONEZ, "a.gz")).readings)
    packed = list(open_recording(recorded(tmp_path, gzip.compress(ORDONEZ.encode()), "b.csv")).readings)
    assert plain == packed


def test_a_time_with_a_zone_is_taken_at_its_word(tmp_path: Path) -> None:
    text = "start,end,sensor\n2008-02-25T09:00:00Z,2008-02-25T10:00:01+01:00,Fridge\n"
    assert lines(list(open_recording(recorded(tmp_path, text)).readings)) == [
        "25 09:00:00 fridge contact True",
        "25 09:00:01 fridge contact False",
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2012-11-11 21:14:21,2012-11-12 00:21:49,Seat,Pressure", "wrong_columns"),
        ("2012-11-11 21:14:21,2012-11-12 00:21:49,Seat,Pressure,Living,more", "wrong_columns"),
        ("yesterday,2012-11-12 00:21:49,Seat,Pressure,Living", "bad_time"),
        ("2012-11-11 21:14:21,,Seat,Pressure,Living", "bad_time"),
        ("0001-01-01 00:00:00,0001-01-01 00:00:01,Seat,Pressure,Living", "bad_time"),
        ("9999-12-31 23:59:59,9999-12-31 23:59:59,Seat,Pressure,Living", "bad_time"),
        ("2012-11-12 00:21:49,2012-11-11 21:14:21,Seat,Pressure,Living", "ends_before_it_starts"),
        ("2012-11-11 21:14:21,2012-11-12 00:21:49,Seat,Telepathy,Living", "unknown_sensor"),
        (b"2012-11-11 21:14:21,2012-11-12 00:21:49,Se\xffat,Pressure,Living", "not_utf8"),
        ("x" * 200_000, "bad_row"),
    ],
)
def test_a_bad_row_is_refused_and_the_others_are_read(tmp_path: Path, row: str | bytes, reason: str) -> None:
    bad = row if isinstance(row, bytes) else row.encode()
    header, first, *rest = ORDONEZ.encode().splitlines()
    recording = open_recording(recorded(tmp_path, b"\n".join([header, first, bad, b"", *rest])))
    assert len(list(recording.readings)) == 11
    assert recording.refusals.counts == {reason: 1}
    assert recording.refusals.examples[0].startswith(f"{reason}: row 3")


def test_a_bad_count_does_not_hide_the_good_one_beside_it(tmp_path: Path) -> None:
    text = "start,end,activity,sensor_counts\n2010-11-04 08:00:00,2010-11-04 08:01:00,Relax,M009:1 M9:1 D004:999999\n"
    recording = open_recording(recorded(tmp_path, text))
    assert len(list(recording.readings)) == 2
    assert recording.refusals.counts == {"bad_count": 2}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"start,end,activity\n2008-02-25 00:22:46,2008-02-25 09:34:12,go to bed\n", "_sensors"),
        (b"", "no recording that is known here"),
        (b"\x00\x01\x02", "no recording that is known here"),
        (b"name,age\nWang,82\n", "no recording that is known here"),
        (b"start,end,sensor\n", "not one row can be read"),
        (b"\x1f\x8b\x08\x00broken", "cannot be read"),
        (b"SQLite format 3\x00 and then nothing of the kind", "no store of ours"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(NotARecording, match=says):
        open_recording(recorded(tmp_path, content))


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotARecording, match="check the path"):
        open_recording(tmp_path / "missing.csv")


@given(st.text(max_size=300) | st.text(alphabet="0123456789:-, \nMD", max_size=300), st.sampled_from((3, 4, 5)))
def test_no_table_raises_anything_but_a_refusal(text: str, columns: int) -> None:
    from pathlib import Path  # noqa: PLC0415 - only a name here

    headers = {3: "start,end,sensor", 4: "start,end,activity,sensor_counts", 5: "start,end,sensor,type,room"}
    refusals = Refusals()
    try:
        read_table(Path("x"), f"{headers[columns]}\n{text}", refusals)
    except NotARecording:
        assert True


COLUMNS = "id INTEGER PRIMARY KEY, at, device, kind, value, device_at, sequence, origin"
T0 = 1_772_413_200_000_000  # 2026-03-02 01:00:00 UTC


def store(folder: Path, *rows: tuple[object, ...]) -> Path:
    path = folder / "home.db"
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE readings ({COLUMNS})")
        database.executemany(
            "INSERT INTO readings (at, device, kind, value, device_at, sequence, origin) VALUES (?,?,?,?,?,?,?)", rows
        )
    database.close()
    return path


def test_our_own_store(tmp_path: Path) -> None:
    path = store(
        tmp_path,
        (T0, "front door", "contact", 1, None, None, ""),
        (T0 + 1, "pir", "motion", 0, T0, (3 << 32) + 1, "0123456789abcdef"),
        (T0 + 2, "pir", "battery", 80, None, None, ""),
        (T0 + 3, "cord", "sos", "cord", None, None, ""),
    )
    recording = open_recording(path)
    readings = list(recording.readings)
    assert lines(readings) == [
        "02 01:00:00 front door contact True",
        "02 01:00:00 pir motion False",
        "02 01:00:00 pir battery 80.0",
        "02 01:00:00 cord sos cord",
    ]
    assert (readings[1].sequence, readings[1].origin) == ((3 << 32) + 1, "0123456789abcdef")
    assert readings[1].device_at == readings[0].at
    assert {device.id: device.role for device in recording.home.devices.values()} == {
        "front door": Role.ENTRANCE,
        "pir": Role.MOTION,
        "cord": Role.SOS,
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("soon", "pir", "motion", 1, None, None, ""), "bad_row"),
        ((-1, "pir", "motion", 1, None, None, ""), "bad_row"),
        ((2**62, "pir", "motion", 1, None, None, ""), "bad_row"),
        ((T0, None, "motion", 1, None, None, ""), "bad_row"),
        ((T0, "pir", "telepathy", 1, None, None, ""), "unknown_kind"),
        ((T0, "pir", "motion", 2, None, None, ""), "bad_value"),
        ((T0, "pir", "motion", "yes", None, None, ""), "bad_value"),
        ((T0, "pir", "battery", "full", None, None, ""), "bad_value"),
        ((T0, "cord", "sos", 1, None, None, ""), "bad_value"),
    ],
)
def test_a_bad_row_of_a_store_is_refused(tmp_path: Path, row: tuple[object, ...], reason: str) -> None:
    recording = open_recording(store(tmp_path, row, (T0, "pir", "motion", 1, None, None, "")))
    assert len(list(recording.readings)) == 1
    assert recording.refusals.counts == {reason: 1}


def test_a_configured_home_says_what_its_devices_are(tmp_path: Path) -> None:
    recording = open_recording(store(tmp_path, (T0, "door", "contact", 1, None, None, "")), home("door", "living"))
    assert recording.home.devices.keys() == {"door", "living"}


def test_kinds_without_a_role_are_watched_for_silence_only(tmp_path: Path) -> None:
    recording = open_recording(store(tmp_path, (T0, "box", "heartbeat", 1.5, None, None, "")))
    assert recording.home.devices["box"].role is Role.OTHER
    assert next(iter(recording.readings)).kind is Kind.HEARTBEAT
    assert Watch(recording.home).place.startswith("unknown")
