"""The catalogue of models agrees with itself, with the contracts and with the captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devices.catalog import MODELS, UNITS, Model, is_legal, lookup
from devices.reading import VALUE_TYPES, Kind
from gateway.detection.home import Role

CAPTURES = Path(__file__).parents[1] / "captures"
TOLD_OF_ANY = {Kind.AVAILABILITY, Kind.HEARTBEAT, Kind.BRIDGE}


def test_names_are_unique() -> None:
    names = [name.casefold() for row in MODELS for name in (row.model, *row.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row.model)
def test_rows_are_found_and_make_sense(row: Model) -> None:
    assert all(lookup(name.upper()) is row for name in (row.model, *row.aliases))
    assert row.role in set(Role)
    assert row.dialect in {"native", "zigbee2mqtt"}
    assert row.report_interval_s is None or 60 <= row.report_interval_s <= 25 * 3600
    assert not (row.mains and Kind.BATTERY in row.kinds)
    assert bool(row.sos_spelling) == (row.role == "sos")


@pytest.mark.parametrize(
    ("name", "mains", "report_interval_s", "role"),
    [
        ("MCCGQ11LM", False, 3600.0, "entrance"),
        ("MIR-HE200-TY_fall", True, None, "fall"),
        ("TS0215A_sos", False, 65_000.0, "sos"),
        ("sw-radar-1", True, 300.0, "fall"),
        (" SW-PENDANT ", False, 1800.0, "sos"),
    ],
)
def test_defaults_for_the_configuration(
    name: str,
    mains: bool,  # noqa: FBT001 - a column of the table
    report_interval_s: float | None,
    role: str,
) -> None:
    row = lookup(name)
    assert row is not None
    assert (row.mains, row.report_interval_s, row.role) == (mains, report_interval_s, role)


def test_an_unknown_model_is_none() -> None:
    assert lookup("toaster") is None
    assert lookup("") is None


def _captures_of_listed_models() -> list[Any]:
    captures = [json.loads(path.read_text("utf-8")) for path in sorted(CAPTURES.glob("*/*.json"))]
    return [pytest.param(row, capture, id=row.model) for capture in captures if (row := lookup(capture["model"]))]


@pytest.mark.parametrize(("row", "capture"), _captures_of_listed_models())
def test_a_listed_model_tells_nothing_that_its_row_does_not_say(row: Model, capture: dict[str, Any]) -> None:
    told = {Kind(kind) for message in capture["messages"] for _, kind, _ in message["readings"]}
    first_word_of_a_strap = {Kind.MOTION} if row.role == "bed" else set()
    assert told - TOLD_OF_ANY - first_word_of_a_strap <= row.kinds


@pytest.mark.parametrize(
    ("kind", "value", "legal"),
    [
        (Kind.CONTACT, True, True),
        (Kind.CONTACT, 1, False),
        (Kind.BATTERY, 100.0, True),
        (Kind.BATTERY, 100.5, False),
        (Kind.BATTERY, float("nan"), False),
        (Kind.BATTERY, 50, False),
        (Kind.SOS, "press", True),
        (Kind.SOS, "pressed", False),
        (Kind.ACTIVITY, "flush", True),
        (Kind.ACTIVITY, "", False),
    ],
)
def test_legal_values(kind: Kind, value: object, legal: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_legal(kind, value) is legal


def test_every_kind_that_is_not_yes_or_no_has_a_unit() -> None:
    assert set(UNITS) == {kind for kind, value_type in VALUE_TYPES.items() if value_type is not bool}
