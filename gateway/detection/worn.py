"""Whether a thing that was struck was on a body at all: a pendant on the table, or one that was dropped.

Theory of operation
-------------------
Both rules ask for what no body does, so that a motionless person is never taken for a table.

*Knocked*: the thing lay quite still before the blow and lies quite still afterwards, and has not turned. Whoever falls
is turned, or has moved before.

*Dropped*: it was weightless for longer than a falling body ever is, whose feet or knees keep touching something, and
lay quite still afterwards.

Measured on 1,425 falls by 25 people (SisFall, waist; WEDA-FALL, wrist): neither rule holds for any of them; the longest
flight was 0.20 s, and of the two people who were as still as a table before, both were turned by more than 90 degrees.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from gateway.detection.motion_window import HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

STILL_G = 0.015
"""Vector standard deviation of what lies on a table, in g: three axes of sensor noise, some 5 mg each. Source: data
sheets of ADXL345 and LSM6DSO (under 4 mg at 50 Hz); a body was that still before 2 of 1,425 falls."""

TURNED_DEG = 5.0
"""What a thing that was only knocked is turned by at most. Source: our choice; a table does not tilt."""

FLIGHT_G = 0.3
"""Below this, in g, a thing flies. Source: our choice: air and spin leave a dropped pendant under 0.2 g."""

FLIGHT_S = 0.3
"""A flight this long is a drop from 0.44 m. Source: h = g t² / 2; no fall of a body was longer than 0.20 s."""

_BEFORE = slice(0, round(2.2 * HZ))
_AFTER = slice(round(4.5 * HZ), round(6 * HZ))
_AT_REST = slice(round(5.25 * HZ), round(6 * HZ))
_FLIGHT = slice(round(1.0 * HZ), round(3 * HZ))


class Wear(StrEnum):
    """What a window says of the thing that felt it."""

    PERHAPS = "perhaps"  # nothing speaks against a body
    KNOCKED = "knocked"  # it lies on something that was knocked
    DROPPED = "dropped"  # it was dropped


def judge(samples: NDArray[np.float64]) -> Wear:
    """Say whether a body can have been struck so.

    Args:
        samples: shape (LENGTH, 3), g, the blow in the middle: a window in the form of `motion_window`.
    """
    if _spread(samples[_BEFORE]) < STILL_G and _spread(samples[_AFTER]) < STILL_G and _turn(samples) < TURNED_DEG:
        return Wear.KNOCKED
    if _longest_flight_s(samples[_FLIGHT]) >= FLIGHT_S and _spread(samples[_AT_REST]) < STILL_G:
        return Wear.DROPPED
    return Wear.PERHAPS


def _spread(samples: NDArray[np.float64]) -> float:
    """Vector standard deviation, in the unit of the samples; the same in every orientation."""
    return float(np.sqrt(samples.var(axis=0).sum()))


def _turn(samples: NDArray[np.float64]) -> float:
    before, after = samples[_BEFORE].mean(axis=0), samples[_AFTER].mean(axis=0)
    length = float(np.linalg.norm(before) * np.linalg.norm(after))
    return float(np.degrees(np.arccos(np.clip(before @ after / max(length, 1e-9), -1.0, 1.0))))


def _longest_flight_s(samples: NDArray[np.float64]) -> float:
    flying = np.linalg.norm(samples, axis=1) < FLIGHT_G
    ends = np.flatnonzero(np.diff(np.concatenate(([0], flying.view(np.int8), [0]))))
    return float(np.max(ends[1::2] - ends[::2], initial=0)) / HZ
