"""[sms]: what may be written, and what a rung that texts needs."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from config.crosschecks import crosschecks
from config.modem import Sms
from config.schema import FILE
from config.settings import SettingsError, load

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = FILE.with_name("gateway.example.toml")
ENVIRONMENT = {"SHOUWANG_STATION_PASSWORD": "x", "SHOUWANG_DAUGHTER_TOKEN": "y"}
RUNG = {"contact": "儿子", "channels": ["sms"], "number": "+86 139 5550 0418", "after_s": 60}
PRODUCTION = {"production": True}


def faults(rung: dict[str, Any], **sections: object) -> list[str]:
    home = tomllib.loads(EXAMPLE.read_text("utf-8"))
    home["ladder"].append(rung)
    return [fault.key for fault in crosschecks({**home, **sections})]


@pytest.mark.parametrize(
    ("change", "sections", "found"),
    [
        ({}, {"sms": {}, "hotline": PRODUCTION}, []),
        ({}, {"hotline": PRODUCTION}, ['ladder["儿子"].channels']),
        ({}, {"sms": {}}, ['ladder["儿子"].number']),
        ({}, {"sms": {}, "hotline": {"production": "true"}}, ['ladder["儿子"].number']),
        ({"number": "test-son"}, {"sms": {}, "hotline": PRODUCTION}, ['ladder["儿子"].number']),
        ({"number": "0471 5550417"}, {"sms": {}, "hotline": PRODUCTION}, ['ladder["儿子"].channels']),  # her own
        ({"number": None}, {"sms": {}, "hotline": PRODUCTION}, ['ladder["儿子"].number']),
    ],
)
def test_a_rung_that_texts_needs_a_modem_a_number_and_production(
    change: dict[str, Any], sections: dict[str, Any], found: list[str]
):
    rung = {key: value for key, value in {**RUNG, **change}.items() if value is not None}
    assert faults(rung, **sections) == found


def test_the_lines_about_text_messages_in_the_example_are_right_once_uncommented(tmp_path: Path) -> None:
    written = EXAMPLE.read_text("utf-8")
    begins, ends = written.index("# [sms]"), written.index("# ====", written.index("# [sms]"))
    uncommented = re.sub(r"(?m)^# ?", "", written[begins:ends])
    path = tmp_path / "home.toml"
    path.write_text(f"{written[:begins]}{uncommented}{written[ends:]}\n[hotline]\nproduction = true\n", "utf-8")
    settings = load(path, ENVIRONMENT)
    assert settings.sms == Sms(bus="", modem="", delivery_reports=True, parts=3)
    assert (settings.ladder[-1].contact, settings.ladder[-1].number) == ("儿子", "+86 139 5550 0418")


@pytest.mark.parametrize(
    "section", [{"parts": 0}, {"parts": 6}, {"bus": "/run/dbus"}, {"modem": "12 34"}, {"pin": "1"}]
)
def test_what_cannot_be_meant_is_told(section: dict[str, object], tmp_path: Path) -> None:
    (key,) = section
    value = f'"{section[key]}"' if isinstance(section[key], str) else section[key]
    path = tmp_path / "home.toml"
    path.write_text(f"{EXAMPLE.read_text('utf-8')}\n[sms]\n{key} = {value}\n", "utf-8")
    with pytest.raises(SettingsError) as error:
        load(path, ENVIRONMENT)
    assert [fault.key for fault in error.value.faults] == [f"sms.{key}"]
