"""What an editor accepts is what the gateway loads."""

import json
import tomllib
from datetime import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from config.__main__ import main
from config.limits import catalogue
from config.regions import IDS, hotline
from config.schema import FILE, schema

EXAMPLE = FILE.with_name("gateway.example.toml")


def as_editors_see(value: object) -> object:
    if isinstance(value, dict):
        return {key: as_editors_see(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_editors_see(inner) for inner in value]
    return value.isoformat() if isinstance(value, time) else value


@pytest.fixture
def home() -> dict[str, Any]:
    written = as_editors_see(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert isinstance(written, dict)
    return written


def test_the_schema_in_the_repository_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert FILE.read_text(encoding="utf-8") == capsys.readouterr().out, "run: python -m config schema"


def test_the_example_names_the_schema_in_its_first_line() -> None:
    assert EXAMPLE.read_text(encoding="utf-8").splitlines()[0] == f"#:schema ./{FILE.name}"


def test_the_example_is_valid(home: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(home, schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("broker", "prot", 1883),
        ("broker", "port", 70000),
        ("broker", "password", "hunter2"),
        ("broker", "password", {"file": "a", "env": "B"}),
        ("home", "region", "mars"),
        ("limits", "inactivity_day_s", 50000),
        ("limits", "night_start", "22:00:00"),
        ("resident", "ability_level", 5),
    ],
)
def test_an_editor_marks_what_load_refuses(home: dict[str, Any], section: str, key: str, value: object) -> None:
    home[section][key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(home, schema(), jsonschema.Draft202012Validator)


def test_the_schema_is_json_and_has_every_limit_with_its_default() -> None:
    limits = json.loads(json.dumps(schema()))["$defs"]["Limits"]["properties"]
    assert list(limits) == list(catalogue())
    assert limits["night_starts"]["default"] == "22:00:00"
    assert (limits["fall_up_s"]["minimum"], limits["fall_up_s"]["maximum"]) == (15, 600)


def test_every_limit_is_listed_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["limits"]) == 0
    assert capsys.readouterr().out.startswith("inactivity_day_s = 14400 s\n    白天在家")


@pytest.mark.parametrize(
    ("region", "number"),
    [
        ("beijing", "12345"),
        ("default", "12349"),
        ("inner_mongolia", "96111"),
        ("shenyang", "12349"),
        ("zhejiang", "12349"),
    ],
)
def test_each_region_has_its_hotline(region: str, number: str) -> None:
    assert hotline(region).number == number


def test_every_region_says_how_sure_it_is_and_where_from() -> None:
    assert IDS == ("beijing", "default", "inner_mongolia", "shenyang", "zhejiang")
    for region in IDS:
        line = hotline(region)
        assert line.sure in {"confirmed", "reported", "unconfirmed"}
        assert line.hours in {"unknown", "24h"}
        assert len(line.source) > 40
        assert number_is_text(Path(FILE.parent / "regions" / f"{region}.toml"))


def number_is_text(file: Path) -> bool:
    return isinstance(tomllib.loads(file.read_text(encoding="utf-8"))["hotline"]["number"], str)


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(KeyError):
        hotline("../limits")
