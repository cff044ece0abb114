"""Homes in the texts in which others publish them: CASAS, the originals of Ordonez and van Kasteren, any table."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gateway.detection.home import Role
from gateway.recorded import NotARecording
from gateway.recorded_minutes import STARTED
from gateway.recordings import open_labels, open_recording

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.recordings import Recording

CASAS = """2010-11-04 00:03:50.209589\tM003\tON\tSleeping begin
2010-11-04 00:03:57.399391\tM003\tOFF
2010-11-04 02:32:33.351906\tT002\t21.5
2010-11-04 05:40:43.642664\tM003\tOFF\tSleeping end
2010-11-04 08:00:00.000001\tD001\tOPEN\tLeave_Home begin
2010-11-04 08:00:04.500000\tD001\tCLOSE\tLeave_Home end
2010-11-04 09:30:00.000000\tD001\tOPEN\tEnter_Home begin
2010-11-04 09:30:05.000000\tD001\tCLOSE\tEnter_Home end
2010-11-04 10:00:00.0 garbage
2012-07-18 12:54:45.126257 M012 Kitchen Kitchen ON Control4-Motion
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "recording"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def lines(recording: Recording) -> list[str]:
    return [f"{one.at:%d %H:%M:%S} {one.device_id} {one.kind} {one.value}" for one in recording.readings]


def test_casas(tmp_path: Path) -> None:
    recording = open_recording(written(tmp_path, CASAS))
    assert lines(recording) == [  # UTC: eight hours before Shanghai's wall clock
        "03 16:03:50 M003 motion True",
        "03 16:03:57 M003 motion False",
        "03 21:40:43 M003 motion False",
        "04 00:00:00 D001 contact True",
        "04 00:00:04 D001 contact False",
        "04 01:30:00 D001 contact True",
        "04 01:30:05 D001 contact False",
        "18 04:54:45 M012 motion True",
    ]
    assert recording.name == "CASAS (recording)"
    assert recording.refusals.counts == {"no_sign_of_a_person": 1, "bad_row": 1}
    assert {device.id: device.role for device in recording.home.devices.values()} == {
        "M003": Role.MOTION,
        "D001": Role.ENTRANCE,
        "M012": Role.MOTION,
    }
    assert recording.labels is not None
    assert [f"{span.start:%H:%M:%S}-{span.end:%H:%M:%S}" for span in recording.labels.asleep] == ["16:03:50-21:40:43"]
    assert [f"{span.start:%H:%M:%S}-{span.end:%H:%M:%S}" for span in recording.labels.away] == ["00:00:04-01:30:00"]


def test_any_table(tmp_path: Path) -> None:
    table = """Time,Sensor,Kind,State,Room
2026-01-05 07:12:30,hall,PIR,on,hall
2026-01-05T00:13:02Z,front-door,door,open,hall
2026-01-05 07:13:05,fridge,contact,1,kitchen
2026-01-05 07:14:00,toilet,flush,used,bathroom
2026-01-05 07:15:00,pendant,battery,81.5,
2026-01-05 07:15:00,pendant,battery,nan,
2026-01-05 07:16:00,hall,motion,perhaps,hall
2026-01-05 07:16:00,hall,smell,on,hall
yesterday,hall,motion,on,hall
2026-01-05 07:16:00,,motion,on,hall
2026-01-05 07:17:00,hall
"""
    recording = open_recording(written(tmp_path, table))
    assert lines(recording) == [
        "04 23:12:30 hall motion True",
        "04 23:13:05 fridge contact True",
        "04 23:14:00 toilet activity used",
        "04 23:15:00 pendant battery 81.5",
        "05 00:13:02 front-door contact True",
    ]
    assert recording.refusals.counts == {"bad_value": 2, "unknown_kind": 2, "bad_time": 1, "unknown_sensor": 1}
    assert {device.id: (device.role, device.room) for device in recording.home.devices.values()} == {
        "hall": (Role.MOTION, "hall"),
        "fridge": (Role.INNER_DOOR, "kitchen"),
        "toilet": (Role.ACTIVITY, "bathroom"),
        "pendant": (Role.OTHER, ""),
        "front-door": (Role.ENTRANCE, "hall"),
    }
    assert recording.labels is None


def test_the_texts_of_ordonez(tmp_path: Path) -> None:
    sensors = (
        "Start time \t\tEnd time \t\tLocation \tType \t\tPlace\n"
        "-------------------\t-------------------\t--------\t--------\t-----\n"
        "2012-11-11 21:14:00\t2012-11-12 00:21:49\tSeat\tPressure\tLiving\n"
        "2012-11-12 16:22:22\t2012-11-12 16:22:29\tMaindoor\tMagnetic\tEntrance\n"
    )
    recording = open_recording(written(tmp_path, sensors))
    assert lines(recording) == [
        "11 13:14:00 living-seat presence True",
        "11 16:21:49 living-seat presence False",
        "12 08:22:22 entrance-maindoor contact True",
        "12 08:22:29 entrance-maindoor contact False",
    ]
    labels = (
        "Start time \t\tEnd time \t\tActivity\n-----\t-----\t-----\n"
        "2012-11-12 01:54:00\t2012-11-12 09:31:59\tSleeping\n2012-11-12 16:00:00\t2012-11-12 17:00:00\tLeaving\n"
    )
    told = open_labels(written(tmp_path, labels))
    assert told is not None
    assert [f"{span.start:%H:%M}-{span.end:%H:%M}" for span in (*told.asleep, *told.away)] == [
        "17:54-01:31",
        "08:00-09:00",
    ]
    assert open_labels(written(tmp_path, sensors)) is None


def test_the_texts_of_van_kasteren(tmp_path: Path) -> None:
    text = (
        "% start\tend\tid\tval\n"
        "25-Feb-2008 00:20:14\t25-Feb-2008 00:22:57\t24\t1\n"
        "25-Feb-2008 09:37:20\t25-Feb-2008 09:37:23\t14\t1\n"
        "25-Feb-2008 10:19:28\t25-Feb-2008 10:19:32\t12\t1\n"
        "25-Feb-2008 10:20:00\t25-Feb-2008 10:20:01\t99\t1\n"
    )
    recording = open_recording(written(tmp_path, text))
    assert lines(recording) == [
        "24 16:20:14 hall-bedroom-door contact True",
        "24 16:22:57 hall-bedroom-door contact False",
        "25 01:37:20 toiletflush activity toiletflush",
        "25 02:19:28 frontdoor contact True",
        "25 02:19:32 frontdoor contact False",
    ]
    assert recording.refusals.counts == {"unknown_sensor": 1}


def test_a_home_by_the_minute(tmp_path: Path) -> None:
    content = io.BytesIO()
    np.savez(content, location=np.array([1, 1, 3, 9, 9, 4], np.int8), activity=np.array([9, 9, 0, 5, 0, 6], np.int8))
    recording = open_recording(written(tmp_path, content.getvalue()))
    assert [
        f"{(one.at - STARTED) / timedelta(seconds=1):.0f} {one.device_id} {one.value}" for one in recording.readings
    ] == [
        "0 motion-1 True",
        "2 motion-1 False",
        "120 motion-3 True",
        "122 motion-3 False",
        "180 motion-3 True",
        "182 motion-3 False",
        "200 front-door True",
        "202 front-door False",
        "300 front-door True",
        "302 front-door False",
        "320 motion-4 True",
        "322 motion-4 False",
    ]
    assert recording.labels is not None
    assert [(span.start - STARTED, span.end - STARTED) for span in recording.labels.asleep] == [
        (timedelta(), timedelta(minutes=2))
    ]
    assert [(span.start - STARTED, span.end - STARTED) for span in recording.labels.away] == [
        (timedelta(minutes=3), timedelta(minutes=5))
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("time,sensor,kind,state\n", "not one row can be read"),
        ("2010-11-04 00:03:50.2 T002 21.5\n", "not one row can be read"),
        ("what,is,this\n", "no recording that is known here"),
        ("", "no recording that is known here"),
        (b"PK\x03\x04 no archive", "is no home by the minute"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(content: str | bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(NotARecording, match=sentence):
        open_recording(written(tmp_path, content))


def test_a_matrix_that_is_no_home(tmp_path: Path) -> None:
    content = io.BytesIO()
    np.savez(content, acc_d=np.zeros(3, np.int16))
    with pytest.raises(NotARecording, match="it needs location and activity"):
        open_recording(written(tmp_path, content.getvalue()))
