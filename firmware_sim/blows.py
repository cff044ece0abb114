"""What a worn sensor's accelerometer feels when something strikes it: six seconds at 50 Hz, made by mechanics.

The body is a point that walks (a bounce of the pull at each step), loses its footing (turning over while it grows
lighter), strikes the floor (a blow that rings out) and lies (breathing). What is dropped flies and rings. The sensor
sits in any orientation, is off by a few per cent, rustles, and saturates at 4 g.
"""

from __future__ import annotations

import math
from base64 import b64encode
from enum import StrEnum
from struct import pack
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

RATE_HZ = 50
LENGTH = 6 * RATE_HZ
TRIGGER = LENGTH // 2
FULL_SCALE_G = 4.0
SCALE_MG = FULL_SCALE_G * 1000 / 32768
NOISE_G = 0.005
"""Source: data sheets of small accelerometers: under 4 mg on each axis at 50 Hz."""

Vector = tuple[float, float, float]


class How(StrEnum):
    """How the sensor was struck."""

    FELL = "fell"  # its wearer fell
    SAT = "sat"  # its wearer dropped into a chair
    KNOCKED = "knocked"  # it lies on a table that was knocked
    DROPPED = "dropped"  # it fell from a hand
    TAKEN_OFF = "taken_off"  # its wearer takes it off, with a tug, and holds it
    PUT_DOWN = "put_down"  # it is carried in a hand and put on a table


class Pull(NamedTuple):
    """The pull that is felt: how strong, in g, and how far it has turned, in degrees, from where it was upright."""

    strength: float
    turned: float


def window(how: How, rolls: Random, *, lossy: bool = False) -> dict[str, object]:
    """Return the fields of a window message (docs/mqtt.md, 1.9).

    Args:
        how: what happened in its middle.
        rolls: decide the sensor's orientation, its faults, and how hard it was.
        lossy: the radio between body and base loses stretches of it.
    """
    felt = _FELT[how](rolls)
    axes, gain = _orientation(rolls), rolls.uniform(0.97, 1.03)
    counts = [count for n in range(LENGTH) for count in _sample(felt(n / RATE_HZ - 3), axes, gain, rolls)]
    fields: dict[str, object] = {
        "rate_hz": RATE_HZ,
        "scale_mg": SCALE_MG,
        "trigger": TRIGGER,
        "samples": b64encode(pack(f"<{len(counts)}h", *counts)).decode(),
    }
    if lossy:
        starts = sorted(rolls.sample(range(0, LENGTH - 20, 20), 3))
        fields["lost"] = [[start, rolls.randint(4, 12)] for start in starts]
    return fields


def _fell(rolls: Random) -> Callable[[float], Pull]:
    hard, lies, step_hz = rolls.uniform(2.8, 3.8), rolls.uniform(70, 110), rolls.uniform(1.5, 1.9)

    def felt(at: float) -> Pull:
        if at < -0.7:  # noqa: PLR2004 - the moment at which she loses her footing
            return Pull(1 + 0.25 * math.sin(2 * math.pi * step_hz * at), 6 * math.sin(math.pi * step_hz * at))
        if at < 0:
            share = 1 + at / 0.7
            return Pull(1 - 0.55 * math.sin(math.pi * share), lies * share**2)
        ring = (hard - 1) * math.exp(-at / 0.09) * math.cos(2 * math.pi * 4 * at)
        breath = 0.008 * math.sin(2 * math.pi * 0.25 * at)
        return Pull(1 + ring + breath, lies + 12 * math.exp(-at / 0.3) * math.sin(2 * math.pi * 2 * at))

    return felt


def _sat(rolls: Random) -> Callable[[float], Pull]:
    hard, leans = rolls.uniform(1.75, 2.1), rolls.uniform(5, 15)

    def felt(at: float) -> Pull:
        if at < -0.6:  # noqa: PLR2004 - the moment at which she lets go
            return Pull(1 + 0.02 * math.sin(2 * math.pi * at), 3.0)
        if at < 0:
            return Pull(1 - 0.25 * math.sin(math.pi * (1 + at / 0.6)), 3 + 25 * math.sin(math.pi * (1 + at / 0.6)))
        return Pull(1 + (hard - 1) * math.exp(-at / 0.06) + 0.01 * math.sin(2 * math.pi * at), leans)

    return felt


def _knocked(rolls: Random) -> Callable[[float], Pull]:
    hard = rolls.uniform(1.8, 3.0)
    return lambda at: Pull(1 + ((hard - 1) * math.exp(-at / 0.03) if at >= 0 else 0.0), 0.0)


def _dropped(rolls: Random) -> Callable[[float], Pull]:
    flight_s, lands = rolls.uniform(0.38, 0.47), rolls.uniform(0, 180)

    def felt(at: float) -> Pull:
        if at < -flight_s:
            return Pull(1 + 0.1 * math.sin(2 * math.pi * 1.3 * at), 20 * math.sin(2 * math.pi * 0.4 * at))
        if at < 0:
            return Pull(0.06, 30.0)
        bounce = 3.5 * math.exp(-at / 0.05) + 1.5 * math.exp(-(((at - 0.18) / 0.02) ** 2))
        return Pull(1 + bounce, lands)

    return felt


def _taken_off(rolls: Random) -> Callable[[float], Pull]:
    tug, turned, sway_hz = rolls.uniform(0.9, 1.6), rolls.uniform(40, 150), rolls.uniform(0.5, 1.2)

    def felt(at: float) -> Pull:
        sway = 0.08 * math.sin(2 * math.pi * sway_hz * at) + 0.05 * math.sin(2 * math.pi * 2.3 * sway_hz * at)
        pull = tug * math.exp(-((at / 0.05) ** 2))
        turn = turned / (1 + math.exp(-at / 0.25))
        return Pull(1 + sway + pull, turn + 15 * math.sin(2 * math.pi * sway_hz * at))

    return felt


def _put_down(rolls: Random) -> Callable[[float], Pull]:
    hard, flat, sway_hz = rolls.uniform(1.7, 3.0), rolls.uniform(0, 150), rolls.uniform(0.5, 1.2)

    def felt(at: float) -> Pull:
        if at >= 0:
            return Pull(1 + (hard - 1) * math.exp(-at / 0.025) * math.cos(2 * math.pi * 12 * at), flat)
        sway = 0.1 * math.sin(2 * math.pi * sway_hz * at) + 0.06 * math.sin(2 * math.pi * 2.1 * sway_hz * at)
        share = 1 / (1 + math.exp(-(at + 0.4) / 0.1))
        return Pull(1 + sway * (1 - share), 20 * math.sin(2 * math.pi * 0.4 * at) * (1 - share) + flat * share)

    return felt


_FELT = {
    How.FELL: _fell,
    How.SAT: _sat,
    How.KNOCKED: _knocked,
    How.DROPPED: _dropped,
    How.TAKEN_OFF: _taken_off,
    How.PUT_DOWN: _put_down,
}


def _orientation(rolls: Random) -> tuple[Vector, Vector]:
    """Return two directions at right angles, any two: where the pull is upright, and towards where it turns."""
    upright = _unit((rolls.gauss(0, 1), rolls.gauss(0, 1), rolls.gauss(0, 1)))
    other = (rolls.gauss(0, 1), rolls.gauss(0, 1), rolls.gauss(0, 1))
    along = sum(a * b for a, b in zip(upright, other, strict=True))
    x, y, z = (b - along * a for a, b in zip(upright, other, strict=True))
    return upright, _unit((x, y, z))


def _unit(vector: Vector) -> Vector:
    length = math.hypot(*vector)
    x, y, z = (part / length for part in vector)
    return x, y, z


def _sample(pull: Pull, axes: tuple[Vector, Vector], gain: float, rolls: Random) -> list[int]:
    upright, sideways = math.cos(math.radians(pull.turned)), math.sin(math.radians(pull.turned))
    felt = (pull.strength * (upright * a + sideways * b) * gain for a, b in zip(*axes, strict=True))
    return [_count(part + rolls.gauss(0, NOISE_G)) for part in felt]


def _count(part_g: float) -> int:
    return max(-32768, min(32767, round(part_g * 1000 / SCALE_MG)))
