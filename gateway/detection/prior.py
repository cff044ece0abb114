"""How long silences last in other homes: what a new home begins with, before anything is known of its own person."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gateway.detection.lasting import Sample
from gateway.detection.profile import ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "prior.json"


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """The silences of other homes, as counts by hour and length.

    Args:
        homes: the names of the recordings that they are from.
        up, in_bed: not in a bed whose sensor lived, and in one; weight is how many a day in an average home.
    """

    homes: tuple[str, ...]
    up: tuple[Sample, ...]
    in_bed: tuple[Sample, ...]

    def samples(self, *, up: bool) -> tuple[Sample, ...]:
        """The silences that a setting may borrow.

        Args:
            up: not in bed, where a home has a bed sensor to tell it by. Otherwise all count: few of the other homes
                could tell, and who lies in bed may rest as long as they did by night.
        """
        return self.up if up else self.up + self.in_bed

    @property
    def digest(self) -> str:
        """A short name of exactly these numbers: a snapshot made with others must not be used."""
        return blake2b(repr((self.up, self.in_bed)).encode(), digest_size=8).hexdigest()


@cache
def shipped() -> Prior:
    """The prior that is shipped with us."""
    return average(_homes())


def strangers(first: date, last: date) -> Prior:
    """The prior of the shipped homes that were recorded at other times: so no home is scored by its own silences.

    Args:
        first: day of the recording that is to be scored.
        last: day of it.
    """
    homes = _homes()
    others = {
        name: home
        for name, home in homes.items()
        if last < date.fromisoformat(home["first"]) or date.fromisoformat(home["last"]) < first
    }
    return average(others or homes)


@cache
def _homes() -> dict[str, Any]:
    homes: dict[str, Any] = json.loads((files("gateway.detection") / FILE).read_text(encoding="utf-8"))["homes"]
    return homes


def average(homes: Mapping[str, Mapping[str, Any]]) -> Prior:
    """The average of some homes; each counts the same.

    Args:
        homes: by name; `up` and `in_bed` are rows of hour, hours lasted, silences a day.
    """

    def samples(kind: str) -> tuple[Sample, ...]:
        a_day: Counter[tuple[float, float]] = Counter()
        for home in homes.values():
            for hour, lasted_h, count in home[kind]:
                a_day[hour, lasted_h] += count / len(homes)
        return tuple(Sample(hour, lasted_h, count, ELSEWHERE) for (hour, lasted_h), count in sorted(a_day.items()))

    return Prior(tuple(homes), samples("up"), samples("in_bed"))
