"""`shouwang replay` from the outside: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

import config
from gateway import cli, replay
from gateway.replay_link import Endpoint

DAYS = """start,end,sensor
2008-02-25 09:37:20,2008-02-25 09:37:23,Hall-Bathroom door
2008-02-25 10:19:28,2008-02-25 10:19:32,Frontdoor
2008-02-25 22:30:00,2008-02-25 22:30:04,Frontdoor
2008-02-25 22:30:20,2008-02-25 22:30:22,Fridge
2008-02-26 03:00:00,2008-02-26 03:20:00,Frontdoor
2008-02-26 03:20:10,2008-02-26 03:20:12,Fridge
2008-02-26 13:00:00,2008-02-26 13:00:02,Fridge
what,is,this
"""


def test_the_timeline_the_alerts_and_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording, results = tmp_path / "days.csv", tmp_path / "results.json"
    recording.write_text(DAYS, encoding="utf-8")
    assert cli.main(["replay", str(recording), "--json", str(results)]) == 0
    printed = capsys.readouterr().out
    assert "2008-02-25 周一 Mon\n  09:37  在家 / at home (09:37)\n  10:34  外出 / out (10:19)" in printed
    assert "bad_time: row 9" in printed
    told = json.loads(results.read_text(encoding="utf-8"))
    assert (told["readings"], told["refusals"]) == (14, 1)
    assert told["span"] == ["2008-02-25T01:37:20+00:00", "2008-02-26T05:00:02+00:00"]
    assert [
        (one["kind"], one["reason"], one["since"], one["opened_at"], one["cleared_at"]) for one in told["alerts"]
    ] == [
        (
            "door",
            "door_left_open_at_night",
            "2008-02-25T19:00:00+00:00",
            "2008-02-25T19:10:00+00:00",
            "2008-02-25T19:20:00+00:00",
        ),
        (
            "inactivity",
            "no_sign_unusual",
            "2008-02-25T19:20:12+00:00",
            "2008-02-26T01:50:12+00:00",
            "2008-02-26T05:00:00+00:00",
        ),
    ]
    assert told["alerts"][0]["key"] == "door_open:frontdoor:2008-02-25T19:00:00+00:00"
    assert told["alerts"][0]["zh"] in printed
    assert told["alerts"][0]["en"] in printed


def test_quiet_prints_the_summary_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "days.csv"
    recording.write_text(DAYS, encoding="utf-8")
    assert cli.main(["replay", str(recording), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "在家" not in printed
    assert "告警 / alerts: 2 {'door': 1, 'inactivity': 1}" in printed


def test_several_files_are_merged_and_a_wrong_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording, labels, results = tmp_path / "days.csv", tmp_path / "labels.csv", tmp_path / "results.json"
    recording.write_text(DAYS, encoding="utf-8")
    labels.write_text("start,end,activity\n", encoding="utf-8")
    assert replay.main([recording, labels, recording], json_file=results, quiet=True) == 2
    told = json.loads(results.read_text(encoding="utf-8"))
    assert (told["readings"], told["refusals"], len(told["alerts"]), len(told["files"])) == (28, 2, 4, 2)
    assert "these are a person's labels" in told["refused_files"][str(labels)]
    assert "these are a person's labels" in capsys.readouterr().err


def test_an_empty_store_has_no_span(tmp_path: Path) -> None:
    path, results = tmp_path / "home.db", tmp_path / "results.json"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE readings (id, at, device, kind, value, device_at, sequence, origin)")
    database.close()
    assert replay.main([path], json_file=results, quiet=True) == 0
    told = json.loads(results.read_text(encoding="utf-8"))
    assert (told["readings"], told["span"], told["alerts"]) == (0, None, [])


@pytest.mark.parametrize("told", ["", "localhost", "localhost:", ":1883", "localhost:0", "localhost:99999", "a:b:c"])
def test_a_wrong_broker_is_refused_with_a_sentence(
    told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay.main([tmp_path], broker=told) == 2
    assert "HOST:PORT" in capsys.readouterr().err


def test_where_a_broker_listens() -> None:
    assert Endpoint.parse("127.0.0.1:1883") == ("127.0.0.1", 1883)
    assert Endpoint.parse("[::1]:1884") == ("::1", 1884)


def test_a_configured_home_is_what_a_store_is_replayed_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "days.csv"
    recording.write_text(DAYS, encoding="utf-8")
    example = Path(config.__file__).with_name("gateway.example.toml")
    assert cli.main(["replay", str(recording), "--quiet", "--config", str(example)]) == 0
    assert "告警 / alerts" in capsys.readouterr().out
    assert cli.main(["replay", str(recording), "--config", str(tmp_path / "missing.toml")]) == 2
