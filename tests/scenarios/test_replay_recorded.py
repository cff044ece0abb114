"""Real recorded homes to the end, and recordings through a real broker: the same alerts either way."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devices.reading import Kind, Reading
from gateway import replay
from gateway.rows import to_us
from tests.mosquitto_broker import mosquitto_factory
from tests.scenarios.watch import when

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mosquitto_broker import Mosquitto

__all__ = ["mosquitto_factory"]

DATA = Path(os.environ.get("SHOUWANG_DATA", Path(__file__).parents[3] / "shared" / "data"))
HOMES = {
    "ordonezB_sensors.csv.gz": (4553, {"out_at_night": 1, "no_sign_unusual": 1}),
    "kasterenA_sensors.csv.gz": (2492, {"out_at_night": 1, "not_back": 3, "no_sign_unusual": 1}),
    "aruba_episodes_days001-140.csv.gz": (
        450_674,
        {"no_sign_of_life_by_day": 3, "no_sign_unusual": 8, "out_later_than_usual": 5, "out_longer_than_usual": 2},
    ),
}
"""Readings and alerts of each home. Each alert was read beside the labels that people made of those days: the outings
at night and over weekends are true; the silences are false alarms, and most of Aruba's lie between its labelled
episodes. The late outings of Aruba are evenings out, Thanksgiving and Christmas Eve among them."""


def replayed(path: Path, results: Path, broker: str | None = None) -> dict[str, Any]:
    assert replay.main([path], broker=broker, json_file=results, quiet=True) == 0
    told: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return told


def recorded(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is missing: set SHOUWANG_DATA to the folder of recorded homes")
    return path


@pytest.mark.parametrize("name", HOMES)
def test_a_recorded_home_replays_to_the_end(name: str, tmp_path: Path) -> None:
    told = replayed(recorded(name), tmp_path / "results.json")
    reasons = [one["reason"] for one in told["alerts"]]
    readings, expected = HOMES[name]
    assert (told["readings"], told["refusals"]) == (readings, 0)
    assert {reason: reasons.count(reason) for reason in reasons} == expected


@pytest.mark.parametrize("name", [*HOMES][:2])
def test_over_mqtt_the_same_is_told(name: str, tmp_path: Path, mosquitto: Callable[..., Mosquitto]) -> None:
    path, broker = recorded(name), mosquitto(persistent=False)
    direct = replayed(path, tmp_path / "direct.json")
    over_mqtt = replayed(path, tmp_path / "mqtt.json", f"127.0.0.1:{broker.port}")
    assert over_mqtt == direct


def said(at: str, device: str, kind: Kind, value: bool | float | str, sequence: int | None = None) -> Reading:  # noqa: FBT001 - a reading's value
    return Reading(device_id=device, kind=kind, value=value, at=when(at), sequence=sequence, origin="a" * 16)


EVERYTHING = (
    said("1 08:00:00", "zigbee2mqtt", Kind.BRIDGE, value=True),
    said("1 08:00:01", "hall/pir", Kind.MOTION, value=True),  # no native device has such a name
    said("1 08:01:00", "meter", Kind.HEARTBEAT, 1.0, 1),
    said("1 09:00:00", "pendant", Kind.SOS, "press"),
    said("1 09:00:01", "pendant", Kind.SOS, "press"),
    said("1 09:30:00", "old-button", Kind.SOS_FLAG, value=True),
    said("1 09:40:00", "zigbee2mqtt", Kind.BRIDGE, value=False),
    said("1 09:50:00", "zigbee2mqtt", Kind.BRIDGE, value=True),
    said("1 09:50:05", "pendant", Kind.SOS, "press"),  # the bridge repeats it
    said("1 10:00:00", "radar", Kind.FALL, "fall", (1 << 32) + 1),
    said("1 10:30:00", "radar", Kind.FALL, "none", (1 << 32) + 2),
    said("1 11:00:00", "smoke", Kind.SMOKE, value=True),
    said("1 11:05:00", "smoke", Kind.SMOKE, value=False),
    said("1 11:10:00", "smoke", Kind.BATTERY, 9.5),
    said("1 11:20:00", "smoke", Kind.AVAILABILITY, value=False),
    said("1 12:00:00", "front-door", Kind.CONTACT, value=True),
    said("1 13:00:00", "front-door", Kind.CONTACT, value=False),
    said("1 13:00:00", "bed", Kind.BED, value=True),
    said("1 13:10:00", "tap", Kind.ACTIVITY, "水龙头"),
)


def test_our_own_store_over_mqtt_tells_the_same(tmp_path: Path, mosquitto: Callable[..., Mosquitto]) -> None:
    path, broker = tmp_path / "home.db", mosquitto(persistent=False)
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE readings (id INTEGER PRIMARY KEY, at, device, kind, value, device_at, sequence, origin)"
        )
        rows = [(to_us(r.at), r.device_id, r.kind.value, r.value, r.sequence, r.origin) for r in EVERYTHING]
        database.executemany(
            "INSERT INTO readings (at, device, kind, value, sequence, origin) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
    database.close()
    direct = replayed(path, tmp_path / "direct.json")
    assert [(one["reason"], one["count"]) for one in direct["alerts"]] == [
        ("pressed", 3),
        ("bridge_down", 1),
        ("not_up_again", 2),
        ("smoke", 1),
        ("battery_low", 1),
        ("device_offline", 1),
        ("door_left_open", 1),
    ]
    assert replayed(path, tmp_path / "mqtt.json", f"127.0.0.1:{broker.port}") == direct


def test_a_broker_that_is_not_there_ends_the_replay_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.replay_link.PATIENCE_S", 0.5)
    path = tmp_path / "days.csv"
    path.write_text("start,end,sensor\n2008-02-25 09:37:20,2008-02-25 09:37:23,Fridge\n", encoding="utf-8")
    assert replay.main([path], broker="127.0.0.1:1", quiet=True) == 1
    assert "the broker does not answer" in capsys.readouterr().err


def test_a_broker_that_freezes_on_the_way_ends_the_replay_with_a_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    mosquitto: Callable[..., Mosquitto],
) -> None:
    monkeypatch.setattr("gateway.replay_link.PATIENCE_S", 0.5)
    broker = mosquitto(persistent=False)
    rows = (f"2008-02-25 09:{n // 60:02}:{n % 60:02},2008-02-25 09:{n // 60:02}:{n % 60:02},Fridge" for n in range(900))
    path = tmp_path / "days.csv"
    path.write_text("\n".join(["start,end,sensor", *rows]), encoding="utf-8")
    play = replay.Player.play

    def then_freezes(player: replay.Player, reading: Reading) -> None:
        play(player, reading)
        if player.readings == 100:
            broker.freeze()

    monkeypatch.setattr(replay.Player, "play", then_freezes)
    assert replay.main([path], broker=f"127.0.0.1:{broker.port}", quiet=True) == 1
    assert "the broker went away" in capsys.readouterr().err
