"""`shouwang score falls`: tiny sets written here, in every form that is read, and counted."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firmware_sim.blows import How
from gateway import cli
from gateway.detection.fall_model import shipped
from gateway.scorecard.chart import Axis, Chart, Series
from gateway.scorecard.fall_scoring import Scored, curve, figures, stories
from gateway.scorecard.fall_sets import Trial
from tests.unit.recorded_trials import HOWS, WHO, counts, recording, rows, write_csv, write_npz

if TYPE_CHECKING:
    from pathlib import Path


def score(folder: Path, *more: str) -> tuple[int, dict[str, object]]:
    out = folder / "out.json"
    code = cli.main(["score", "falls", str(folder), "--json", str(out), *more])
    return code, json.loads(out.read_text("utf-8"))["sets"] if out.exists() else {}


def test_a_set_with_a_rate_and_one_channel(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_npz(tmp_path / "any name.npz", {"acc": counts(512), "gyr": counts(3)})
    write_csv(tmp_path / "any name.csv", rows(rate_hz=50))
    code, sets = score(tmp_path)
    assert code == 0
    found = sets["any name.npz"]
    assert found["sensitivity"] == found["specificity"] == found["balanced_accuracy"] == found["auc"] == 1.0
    assert (found["falls"], found["daily"], found["false_alarms"], found["false_alarms_per_hour"]) == (2, 2, 0, 0.0)
    assert found["hours"] == pytest.approx(24 / 3600, rel=0.01)
    assert found["time_to_decision_s"] == 3.0
    assert found["counts_per_g"] == pytest.approx(512, rel=0.05)
    assert (found["unit_from"], found["seen_in_training"]) == ("gravity", {"subjects": [], "trials": 0})
    assert found["elders"]["daily"] == 2
    assert found["activities"]["sat"] == {
        "fall": False, "trials": 2, "told": 0, "false_alarms": 0, "hours": pytest.approx(24 / 3600, rel=0.01),
    }  # fmt: skip
    printed = capsys.readouterr()
    assert "any name.npz" in printed.out
    assert "any name.npz acc: 4/4" in printed.err


def test_several_channels_are_told_apart_and_times_tell_the_rate(tmp_path: Path):
    times = [np.arange(300, dtype=np.int32) * 40 for _ in WHO]
    write_npz(
        tmp_path / "two.npz", {"waist_acc": counts(2048), "wrist_acc": counts(100, every=2), "wrist_acc_t": times}
    )
    write_csv(tmp_path / "two.csv", rows(waist_rate_hz=50))
    code, sets = score(tmp_path)
    assert code == 0
    assert list(sets["two.npz"]) == ["waist_acc", "wrist_acc"]
    assert [channel["sensitivity"] for channel in sets["two.npz"].values()] == [1.0, 1.0]
    assert sets["two.npz"]["wrist_acc"]["counts_per_g"] == pytest.approx(100, rel=0.05)


def test_a_generic_csv_with_rate_unit_and_label(tmp_path: Path):
    lines = [
        {"trial": n, "subject": WHO[n], "label": "fall" if how is How.FELL else "adl", "rate_hz": 50, "unit": "m/s2",
         "x": f"{x * 9.80665:.3f}", "y": f"{y * 9.80665:.3f}", "z": f"{z * 9.80665:.3f}"}
        for n, how in enumerate(HOWS) for x, y, z in recording(how, n)
    ]  # fmt: skip
    write_csv(tmp_path / "own.csv", lines)
    code, sets = score(tmp_path)
    assert code == 0
    assert (sets["own.csv"]["sensitivity"], sets["own.csv"]["specificity"]) == (1.0, 1.0)
    assert (sets["own.csv"]["unit_from"], sets["own.csv"]["elders"]) == ("unit", None)


def test_a_generic_csv_may_name_channels_in_its_columns_and_tell_times_for_a_rate(tmp_path: Path):
    lines = [
        {"Trial": n, "Label": how.value, "T": f"{at * 0.02:.2f}", "Unit": "g" if n % 2 else "mg",
         "Waist_acc_x": x, "waist_acc_y": y, "waist_acc_z": z, "wrist_acc_x": x, "wrist_acc_y": y, "wrist_acc_z": z}
        for n, how in enumerate(HOWS)
        for at, (x, y, z) in enumerate(recording(how, n) * (1 if n % 2 else 1000))
    ]  # fmt: skip
    write_csv(tmp_path / "own.csv", [{**line, "Label": "fall_1" if line["Label"] == "fell" else "D"} for line in lines])
    code, sets = score(tmp_path)
    assert code == 0
    assert list(sets["own.csv"]) == ["waist_acc", "wrist_acc"]
    for channel in sets["own.csv"].values():
        assert (channel["sensitivity"], channel["specificity"], channel["unit_from"]) == (1.0, 1.0, "unit")


def test_plots_are_drawn_twice(tmp_path: Path):
    write_npz(tmp_path / "a.npz", {"acc": counts(512)})
    write_csv(tmp_path / "a.csv", rows(rate_hz=50))
    score(tmp_path, "--plots", str(tmp_path / "plots"))
    drawn = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert drawn == ["falls_roc.png", "falls_roc.svg", "falls_scores_a_acc.png", "falls_scores_a_acc.svg"]
    assert (tmp_path / "plots" / "falls_roc.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert "<polyline" in (tmp_path / "plots" / "falls_roc.svg").read_text("utf-8")


def test_a_rate_that_nobody_tells_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_npz(tmp_path / "a.npz", {"acc": counts(512)})
    write_csv(tmp_path / "a.csv", rows())
    assert score(tmp_path)[0] == 2
    assert "acc：没有 rate_hz 列" in capsys.readouterr().err
    code, sets = score(tmp_path, "--rate", "50")
    assert (code, sets["a.npz"]["sensitivity"]) == (0, 1.0)


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_npz(tmp_path / "good.npz", {"acc": counts(512)})
    write_csv(tmp_path / "good.csv", rows(rate_hz=50))
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 not at all")
    np.savez(tmp_path / "other.npz", location=np.zeros(5))
    write_npz(tmp_path / "alone.npz", {"acc": counts(512)})
    code, sets = score(tmp_path)
    assert (code, list(sets)) == (1, ["good.npz"])
    told = capsys.readouterr().err
    assert "broken.npz" in told
    assert "alone.csv must lie beside it" in told
    assert "other.npz: 没有 acc 或 *_acc" in told


def test_nothing_to_score_and_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["score", "falls", str(tmp_path)]) == 2
    assert cli.main(["score", "falls", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_what_cannot_be_written_is_told_before_anything_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("", "utf-8")
    json_file, plots = str(tmp_path / "nowhere" / "out.json"), str(tmp_path / "file")
    assert cli.main(["score", "falls", str(tmp_path), "--json", json_file, "--plots", plots]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"--json {json_file}：写不进去，请先建好文件夹 / cannot be written: make its folder first",
        f"--plots {plots}：不是文件夹 / is no folder",
    ]


@pytest.mark.parametrize("rate", ["0", "nan", "fast"])
def test_a_rate_that_makes_no_sense_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: str):
    with pytest.raises(SystemExit):
        cli.main(["score", "falls", str(tmp_path), "--rate", rate])
    assert "must be a number from 5 to 4000" in capsys.readouterr().err


# Counting


def scored(blows: list[tuple[float, float]], *, fall: bool, seen: bool = False, seconds: float = 3600.0) -> Scored:
    samples = np.zeros((round(seconds * 50), 3))
    return Scored(Trial("P", "A", fall, None, samples, 0, (2.0, 4.0) if fall else None), tuple(blows), seen)


def test_windows_within_a_minute_are_one_suspicion():
    assert stories([(0, 0.9), (30, 0.6), (60, 0.5), (61, 0.5), (200, 0.4)]) == 2
    assert stories([]) == 0


def test_figures_count_trials_and_hours():
    found = figures(
        [
            scored([(3.0, 0.8)], fall=True),
            scored([(3.0, 0.2), (5.0, 0.6)], fall=True),
            scored([(3.0, 0.4)], fall=True),
            scored([], fall=False),
            scored([(10.0, 0.7), (500.0, 0.9)], fall=False),
        ]
    )
    assert (found.sensitivity, found.specificity, found.balanced) == (2 / 3, 0.5, pytest.approx(7 / 12))
    assert (found.false_alarms, found.hours, found.false_alarms_per_hour) == (2, 2.0, 1.0)
    assert found.area == pytest.approx(0.5)
    assert found.decision_s == 5.0  # 1 s and 3 s after the fall began, and 3 s for the window
    assert figures([]).sensitivity is None
    assert figures([]).false_alarms_per_hour is None


def test_the_curve_goes_from_nothing_told_to_everything():
    points = curve([scored([(1, 0.9)], fall=True), scored([(1, 0.3)], fall=False)])
    assert points == [(1.0, 0.0, 1.0), (0.9, 1.0, 1.0), (0.5, 1.0, 1.0), (0.3, 1.0, 0.0), (0.0, 1.0, 0.0)]
    assert curve([scored([], fall=False)]) == []


def test_whom_the_model_has_learnt_from_is_told(tmp_path: Path):
    write_npz(tmp_path / "weda_shared.npz", {"acc": counts(512)})
    people = ("U01", "U02", "X1", "X2")
    lines = [{**row, "subject": who} for row, who in zip(rows(rate_hz=50), people, strict=True)]
    write_csv(tmp_path / "weda_shared.csv", lines)
    sets = score(tmp_path)[1]
    found = sets["weda_shared.npz"]
    assert found["seen_in_training"] == {"subjects": ["U01", "U02"], "trials": 2}
    assert (found["never_seen"]["falls"], found["never_seen"]["daily"]) == (1, 1)
    assert "weda_shared/U01" in shipped().subjects


def test_a_chart_clips_what_leaves_its_frame():
    chart = Chart(title="a < b", across=Axis("x", 0, 1), up=Axis("y", 0, 2), series=[Series("s", [(-5, -5), (9, 9)])])
    assert 'points="80.0,416.0 696.0,44.0"' in chart.svg()
    assert "a &lt; b" in chart.svg()
    assert io.BytesIO(chart.png()).read(4) == b"\x89PNG"
