"""What [station.spare] may say, and what becomes of it: two connections that share nothing but the station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from config.settings import SettingsError, load
from gateway import wiring

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.paths import Paths

HOME = """
[home]
id = "h1"
[bed]
code = "B1"
address = "a"
how_to_enter = "b"
[resident]
name = "李秀兰"
birth_year = 1941
ability_level = 0
[[rooms]]
id = "bedroom"
name = "卧室"
kind = "bedroom"
[[devices]]
id = "button"
dialect = "native"
role = "sos"
name = "按钮"
room = "bedroom"
[station]
host = "station.example.cn"
secret = { env = "KEY" }
"""
ENV = {"KEY": "0123456789abcdef0123456789abcdef"}


def paths(folder: Path, spare: str, **limits: float) -> Paths | None:
    file = folder / "gateway.toml"
    chosen = "[limits]\n" + "".join(f"{name} = {value}\n" for name, value in limits.items())
    file.write_text(HOME + spare + chosen, "utf-8")
    return wiring.station_paths(load(file, ENV), ENV, hear=lambda *_: None, told=lambda *_: None, clock_s=lambda: 100.0)


def made(folder: Path, spare: str, **limits: float) -> dict[str, Any]:
    found = paths(folder, spare, **limits)
    assert found is not None
    return found.all


async def test_a_home_without_a_spare_path_has_one(tmp_path: Path):
    (main,) = made(tmp_path, "").values()
    link = main.link
    assert (main.name, link._client_id, link._host, link._port) == (
        "main",
        "shouwang-home-h1-main",
        "station.example.cn",
        8883,
    )
    assert (main.rhythm.beat_s, main.rhythm.retries_s) == (50.0, (10.0, 10.0, 10.0, 30.0))
    assert main.state.due_s == 100.0, "asked at once"


async def test_a_spare_path_differs_where_it_says_so(tmp_path: Path):
    found = made(tmp_path, '[station.spare]\ninterface = "wwan0"\nport = 8884\n')
    main, spare = found["main"].link, found["spare"].link
    assert (spare._host, spare._port, spare._client_id) == ("station.example.cn", 8884, "shouwang-home-h1-spare")
    assert (main._route.interface, spare._route.interface, spare._route.address) == ("", "wwan0", "")
    assert (main._keepalive_s, spare._keepalive_s, spare._longest_delay_s) == (30, 360, 900.0)
    assert [topic for topic, _ in spare._subscriptions] == [
        "shouwang-station/v1/h1/spare/receipt",
        "shouwang-station/v1/h1/spare/decision",
        "shouwang-station/v1/h1/spare/heard",
    ]
    assert [qos for _, qos in spare._subscriptions] == [1, 1, 0]
    assert (found["spare"].rhythm.beat_s, found["spare"].rhythm.alone_s) == (3600.0, 720.0)


async def test_heartbeats_are_never_rarer_than_silence_allows(tmp_path: Path):
    main = made(tmp_path, "", heartbeat_s=600, station_silence_s=60)["main"]
    assert (main.rhythm.beat_s, main.rhythm.answer_s) == (20.0, 6.0)


@pytest.mark.parametrize(
    ("spare", "key", "allowed"),
    [
        ("[station.spare]\n", "station.spare", "at least one of host, port, interface, address"),
        (
            '[station.spare]\ninterface = "wwan0; reboot"\n',
            "station.spare.interface",
            'a network interface such as "wwan0"',
        ),
        ('[station.spare]\naddress = "10.0.0.0/8"\n', "station.spare.address", "an IP address of this machine"),
        ('[station.spare]\nsecret = "x"\n', "station.spare.secret", ""),
    ],
)
def test_a_spare_path_that_cannot_be_is_told(tmp_path: Path, spare: str, key: str, allowed: str):
    with pytest.raises(SettingsError) as caught:
        paths(tmp_path, spare)
    (fault,) = caught.value.faults
    assert fault.key == key
    assert allowed in fault.allowed


def test_the_environment_may_name_the_interface(tmp_path: Path):
    file = tmp_path / "gateway.toml"
    file.write_text(HOME, "utf-8")
    settings = load(file, {**ENV, "SHOUWANG_STATION__SPARE__INTERFACE": "wwan1"})
    assert settings.station is not None
    assert settings.station.spare is not None
    assert settings.station.spare.interface == "wwan1"
