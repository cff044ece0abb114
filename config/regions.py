"""Which elder-service hotline serves a region: read from regions/*.toml, one file for each region."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("regions")
IDS: tuple[str, ...] = tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))
"""The regions that there are, by the name that [home].region takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotline:
    """A telephone number that people answer. Dialled by the contact "hotline", and only with [hotline] production.

    Args:
        region: the region's id.
        name: what people call it, in Chinese.
        name_en: the same in English.
        number: as dialled; text, since a leading zero counts.
        hours: "24h", "08:30-17:30", or "unknown", where no source could be found.
        sure: "confirmed", "reported" or "unconfirmed": how far the number and hours may be relied on.
        source: where number and hours come from.
    """

    region: str
    name: str
    name_en: str
    number: str
    hours: str
    sure: str
    source: str


@cache
def hotline(region: str) -> Hotline:
    """The hotline that serves a region.

    Raises:
        KeyError: there is no such region in `IDS`.
    """
    if region not in IDS:
        raise KeyError(region)
    data = tomllib.loads((FOLDER / f"{region}.toml").read_text(encoding="utf-8"))
    return Hotline(region=region, **data["hotline"])
