"""`shouwang score inactivity` from the outside: any mix of files, what it writes, how it ends."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from gateway import cli
from gateway.rows import to_us
from gateway.scorecard import inactivity, inactivity_home
from gateway.scorecard.inactivity_home import OURS, VARIANTS
from gateway.scorecard.inactivity_rivals import FIXED, RIVALS
from tests.unit.invented_days import as_table, invented_days

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def store(path: Path) -> None:
    """A store of ours with days of nobody."""
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE readings (id INTEGER PRIMARY KEY, at, device, kind, value, device_at, sequence, origin)"
        )
        rows = [(to_us(one.at), one.device_id, one.kind.value, one.value) for one in invented_days(4, seed=3)]
        database.executemany("INSERT INTO readings (at, device, kind, value) VALUES (?, ?, ?, ?)", rows)
    database.close()


def test_the_command_scores_a_folder_of_any_mix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inactivity_home, "COLLAPSES", 20)
    monkeypatch.setattr(inactivity, "KNOBS", (4.0,))
    folder, results, plots = tmp_path / "homes", tmp_path / "results.json", tmp_path / "plots"
    folder.mkdir()
    (folder / "nobody.csv").write_text(as_table(invented_days(9)), encoding="utf-8")
    (folder / "other_sensors.csv").write_text(as_table(invented_days(8, seed=2)), encoding="utf-8")
    store(folder / "home.db")
    night = "2026-03-02 22:30:00,2026-03-03 07:00:00,Sleeping"
    (folder / "other_adls.csv").write_text(f"start,end,activity\n{night}\n", encoding="utf-8")
    (folder / "broken.csv").write_text("what,is,this\n", encoding="utf-8")
    (folder / "short.csv").write_text(as_table(invented_days(1)[:9]), encoding="utf-8")
    np.savez(folder / "worn.npz", acc_d=np.zeros(3, np.int16))
    (folder / "worn.csv").write_text("idx,trial\n", encoding="utf-8")
    (folder / "README.md").write_text("# homes\n", encoding="utf-8")
    assert cli.main(["score", "inactivity", str(folder), "--json", str(results), "--plots", str(plots)]) == 1
    out, err = capsys.readouterr()
    assert "合计 pooled" in out
    assert "条读数 / readings): 每月 4 次误报 / 4 false alarms a month" in err
    told = json.loads(results.read_text(encoding="utf-8"))
    assert set(told["homes"]) == {"home.db", "nobody.csv", "other_sensors.csv"}
    assert [told["homes"][name]["labelled"] for name in ("nobody.csv", "other_sensors.csv")] == [False, True]
    assert set(told["refused"]) == {"broken.csv", "short.csv"}
    assert "give a longer recording" in told["refused"]["short.csv"]
    pooled = told["pooled"]
    assert pooled["awake"]["false_per_week"] == 0.0
    assert pooled["awake"]["collapses"] == 60
    assert 3.0 < pooled["awake"]["mean_delay_h"] < 12.0
    assert pooled["asleep"]["mean_delay_h"] is not None
    assert set(pooled["curve"]) == {OURS, *VARIANTS, *(rival.name for rival in RIVALS)}
    assert [point["knob"] for point in pooled["curve"][FIXED.name]] == [float(hours) for hours in range(2, 13)]
    assert sorted(path.name for path in plots.iterdir())[:4] == [
        "inactivity_asleep.png",
        "inactivity_asleep.svg",
        "inactivity_asleep_home.png",
        "inactivity_asleep_home.svg",
    ]


def test_a_folder_without_homes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["score", "inactivity", str(tmp_path)]) == 2
    assert "no recorded home to score" in capsys.readouterr().err
    assert cli.main(["score", "inactivity", str(tmp_path / "missing")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert cli.main(["score", "inactivity", str(tmp_path), "--config", str(tmp_path / "none.toml")]) == 2
