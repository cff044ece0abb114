"""What feeds the box right now, as either reader finds it; or the name of why that is not known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Silence(StrEnum):
    """Why nothing is known of the power: the part of the gateway that is in trouble, "gateway/" left out.

    Each is told by its own name, for each is mended by somebody else.
    """

    UNREACHABLE = "ups"  # nobody answers there, or there is no such power supply
    DRIVER = "ups-driver"  # upsd answers, and has lost its driver
    STALE = "ups-stale"  # the driver runs, and the UPS itself says nothing new
    REFUSED = "ups-refused"  # upsd does not know this UPS, or not these credentials
    GARBLED = "ups-garbled"  # an answer that makes no sense


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One look at the power.

    Args:
        mains: the mains feed the box; False while its battery does.
        percent: charge of the battery, 0 to 100; None where that is not told.
        runtime_s: how long the battery will last at the present load; None where that is not told.
        low: the UPS itself says that its battery is nearly empty, or that it is about to switch off.
        worn: the UPS says that its battery must be replaced.
    """

    mains: bool
    percent: float | None = None
    runtime_s: float | None = None
    low: bool = False
    worn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """How much of the battery is kept for a clean end.

    Args:
        runtime_s: the box ends itself when the battery lasts no longer than this.
        percent: the same by its charge, whichever comes first.
    """

    runtime_s: float
    percent: float

    def is_reached(self, supply: Supply) -> bool:
        """Say whether the box must end itself now: it runs on its battery, and that is nearly empty."""
        told = (supply.runtime_s, self.runtime_s), (supply.percent, self.percent)
        return not supply.mains and (supply.low or any(left is not None and left <= kept for left, kept in told))


class Reader(Protocol):
    """One way to look at the power."""

    async def read(self) -> Supply | Silence:
        """Look now; never raises for what the far end does, and returns within `ANSWER_S`."""
        ...

    async def close(self) -> None:
        """Let go of whatever is open."""
        ...


ANSWER_S = 5.0
"""How long an answer about the power may take. Source: our choice: upsd answers from memory, sysfs likewise; and a look
that fails still leaves most of the 60 s within which a loss is told."""


def figure(text: str, highest: float) -> float | None:
    """Read a decimal from 0 to `highest`; None for anything else, NaN and infinity among it."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= highest else None
