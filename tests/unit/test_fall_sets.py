"""Recordings that the scorecard of falls reads, and every fault that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from firmware_sim.blows import How
from gateway.scorecard.fall_sets import FallSet, read_folder
from gateway.scorecard.fall_units import UnusableSet
from tests.unit.recorded_trials import counts, recording, rows, write_csv, write_npz

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def test_a_generic_csv_without_trials_is_one(tmp_path: Path):
    lines = [{"x": x, "y": y, "z": z, "rate_hz": 50, "label": "fall" if n > 300 else ""}
             for n, (x, y, z) in enumerate(recording(How.FELL, 0))]  # fmt: skip
    write_csv(tmp_path / "own.csv", lines)
    ((whole,),) = [each.trials for each in read_folder(tmp_path) if isinstance(each, FallSet)]
    assert (whole.fall, len(whole.samples)) == (True, 600)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("rate_hz", "fast", "rate_hz = 'fast'"),
        ("rate_hz", 1e6, "rate_hz = '1000000.0'"),
        ("unit", "stone", "unit = 'stone'"),
        ("scale", -1, "scale = '-1'"),
        ("idx", 9, "idx 9 of the CSV is not in the NPZ"),
        ("idx", "first", "idx first of the CSV is not in the NPZ"),
        ("is_fall", "perhaps", "is_fall = 'perhaps'"),
        ("fall_start_s", "soon", "fall_start_s = 'soon'"),
    ],
)
def test_a_column_that_makes_no_sense_is_named(tmp_path: Path, column: str, value: object, said: str):
    write_npz(tmp_path / "a.npz", {"acc": counts(512)})
    write_csv(tmp_path / "a.csv", [{**row, "rate_hz": 50, "fall_end_s": 8, column: value} for row in rows()])
    (found,) = read_folder(tmp_path)
    assert isinstance(found, UnusableSet)
    assert said in str(found)


def test_no_label_no_counts_and_no_axes_are_named(tmp_path: Path):
    write_npz(tmp_path / "a.npz", {"acc": counts(512)})
    write_csv(tmp_path / "a.csv", [{"idx": 0, "subject": "P1"}])
    write_npz(tmp_path / "b.npz", {"acc": [np.zeros((300, 3), np.int16)] * 4})
    write_csv(tmp_path / "b.csv", rows(rate_hz=50))
    write_npz(tmp_path / "c.npz", {"acc": [trial[:, :2] for trial in counts(512)]})
    write_csv(tmp_path / "c.csv", rows(rate_hz=50))
    said = [str(each) for each in read_folder(tmp_path)]
    assert "has no column is_fall or label" in said[0]
    assert "gravity tells no unit" in said[1]
    assert "must have three axes" in said[2]


@pytest.mark.parametrize(
    ("signal", "value"),
    [
        ("acc_d", np.int16(3)),
        ("acc_d", np.array([["a"] * 9] * 3)),
        ("acc_d", np.ones((3, 2400), np.complex128)),
        ("acc_off", np.array([0, 600, 1200, 1800, 10**9])),
        ("acc_off", np.array([0, 900, 600, 1800, 2400])),
        ("acc_off", np.array([0.0, np.nan, 2400.0])),
        ("acc_off", np.zeros((2, 2), np.int64)),
    ],
)
def test_signals_that_make_no_sense_are_named(tmp_path: Path, signal: str, value: NDArray[np.generic]):
    arrays = {"acc_d": np.zeros((3, 2400), np.int16), "acc_off": np.array([0, 600, 1200, 1800, 2400]), signal: value}
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    write_csv(tmp_path / "a.csv", rows(rate_hz=50))
    (found,) = read_folder(tmp_path)
    assert isinstance(found, UnusableSet)
    assert f"a.npz: {signal} 应" in str(found)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04N."])
def test_what_is_no_npz_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.npz").write_bytes(content)
    assert [str(each) for each in read_folder(tmp_path)] == [
        "a.npz: 不是完好的 NPZ / is no NPZ, or a damaged one: File is not a zip file"
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["1,a,0,1,fall,50,g"], "trial '1', x: could not convert"),
        (["1,0,0,1"], "has neither rate_hz nor times"),
        (["1,inf,0,1,fall,50,g"] * 400, "has no trial that can be used"),
        ([], "has no rows"),
    ],
)
def test_a_generic_csv_that_makes_no_sense_is_named(tmp_path: Path, lines: list[str], said: str):
    (tmp_path / "own.csv").write_text("\n".join(["trial,x,y,z,label,rate_hz,unit", *lines]), "utf-8")
    (found,) = read_folder(tmp_path)
    assert isinstance(found, UnusableSet)
    assert said in str(found)


def test_a_csv_in_another_encoding_is_named(tmp_path: Path):
    write_npz(tmp_path / "a.npz", {"acc": counts(512)})
    (tmp_path / "a.csv").write_bytes("idx,is_fall,动作\n0,1,跌倒\n".encode("gbk"))
    assert [str(each) for each in read_folder(tmp_path)] == [
        "a.npz: 它的 CSV 请存成 UTF-8 / its CSV is not UTF-8: save it as such"
    ]


def test_a_set_knows_its_name():
    whole = FallSet(file="a.b.npz", channel="acc", trials=(), counts_per_g=1.0, unit_from="unit", unusable={})
    assert whole.name == "a.b"
