"""A changed copy is what `dataclasses.replace` would have made."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.detection.changing import replace


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    one: int = 1
    two: str = "2"


@dataclasses.dataclass(frozen=True, slots=True)
class Alone:
    one: int


@dataclasses.dataclass(frozen=True)
class Open:
    one: int


@dataclasses.dataclass(frozen=True, slots=True)
class Checked:
    one: int

    def __post_init__(self) -> None:
        assert self.one


def test_a_copy_differs_in_what_is_changed_and_nothing_else():
    before = Two(two="x")
    assert replace(before, one=5) == dataclasses.replace(before, one=5) == Two(one=5, two="x")
    assert replace(Alone(1), one=2) == Alone(2)
    assert before == Two(two="x")


def test_a_field_that_is_none_and_a_value_of_another_kind_are_refused():
    with pytest.raises(KeyError, match="three"):
        replace(Two(), three=3)
    for other in (Open(1), Checked(1)):
        with pytest.raises(TypeError, match="no dataclass with slots"):
            replace(other, one=2)
