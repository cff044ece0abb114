"""What is measured of a window of acceleration: numbers that say the same however the sensor sits on the body.

Theory of operation
-------------------
Every number is made of lengths of vectors, angles between them, or angles to where gravity pointed before the blow:
turning the sensor changes none of them. They fall into five groups: how strong it was in nine stretches of time; how
far and how fast the body turned; the blow itself, beside the other blows of the window; the fall before it
(weightlessness, speed downwards); and the stillness afterwards. Rates, ranges and units have been evened out before
(`motion_window`).

All functions take many windows at once, since training does; a single one costs the same calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.detection.motion_window import HALF as BLOW
from gateway.detection.motion_window import HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

STRETCHES_S = (
    (-3.0, -2.0), (-2.0, -1.0), (-1.0, -0.4), (-0.4, -0.08), (-0.08, 0.24), (0.24, 0.6), (0.6, 1.2), (1.2, 2.0),
    (2.0, 3.0),
)  # fmt: skip
"""Seconds from the blow. Source: our choice: before, losing balance, falling, blow, coming to rest, lying."""

_STARTS = [BLOW + round(start_s * HZ) for start_s, _ in STRETCHES_S]

TILTED_DEG, LYING_DEG = 30, 60
"""From where on a body is tilted, and lies. Source: our choice."""

HARD_G, HARDER_G = 2, 3
"""Blows that walking, and sitting down, do not reach. Source: our choice."""

LYING_STILL_G, AT_REST_G = 0.1, 0.12
"""How much the pull spreads over half a second when nobody moves. Source: our choice: breathing and tremor are less."""

DIGITS = 4
"""Decimals that are kept, so that another processor's last bit is no other number."""

_TINY = 1e-3


class _Sheet:
    """The numbers measured so far, by name, in order."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.columns: list[Numbers] = []

    def add(self, name: str, column: NDArray[np.generic]) -> None:
        self.names.append(name)
        self.columns.append(column.astype(np.float64))


def measure(windows: Numbers) -> NDArray[np.float32]:
    """Everything that is measured of windows.

    Args:
        windows: shape (k, LENGTH, 3), g, in the form of `motion_window`.

    Returns:
        Shape (k, len(FEATURES)), float32.
    """
    return np.stack(_sheet(windows).columns, axis=1).round(DIGITS).astype(np.float32)


def lengths(vectors: Numbers) -> Numbers:
    """Of vectors along the last axis."""
    squares: Numbers = np.einsum("...i,...i->...", vectors, vectors)
    return np.sqrt(squares)


def smoothed(series: Numbers, width: int) -> Numbers:
    """The mean of `width` samples around each, along axis 1; beyond the ends the last value goes on."""
    before = width // 2
    pad = [(0, 0)] * series.ndim
    pad[1] = (before + 1, width - 1 - before)
    total = np.cumsum(np.pad(series, pad, mode="edge"), axis=1)
    return (total[:, width:] - total[:, :-width]) / width


def directions(vectors: Numbers) -> Numbers:
    """The vectors at length 1."""
    return vectors / np.maximum(lengths(vectors), _TINY)[..., None]


def _sheet(windows: Numbers) -> _Sheet:
    sheet = _Sheet()
    strength = lengths(windows)
    jerk = lengths(np.diff(windows, axis=1)) * HZ
    _stretches(sheet, strength)
    before = windows[:, _span(-3, -1)].mean(axis=1)
    blow = strength[:, BLOW - 1 : BLOW + 2].max(axis=1)
    _angles(sheet, windows, before)
    _turning(sheet, windows, directions(before))
    _blow(sheet, strength, jerk, blow)
    _falling(sheet, windows, strength, directions(before), blow)
    _rest(sheet, windows, strength, blow)
    return sheet


def _span(start_s: float, end_s: float) -> slice:
    return slice(BLOW + round(start_s * HZ), BLOW + round(end_s * HZ))


def _stretches(sheet: _Sheet, strength: Numbers) -> None:
    """The strongest moment of each stretch; means and spreads of them tell devices apart rather than falls."""
    most = np.maximum.reduceat(strength, _STARTS, axis=1)
    for place, (start_s, end_s) in enumerate(STRETCHES_S):
        sheet.add(f"most {start_s:g}:{end_s:g}", most[:, place])


def _angles(sheet: _Sheet, windows: Numbers, before: Numbers) -> None:
    """Between where the pull pointed at one time and at another."""
    just_before = windows[:, _span(-1.5, -0.5)].mean(axis=1)
    soon = windows[:, _span(0.5, 1.5)].mean(axis=1)
    after = windows[:, _span(1.5, 3)].mean(axis=1)
    blow = windows[:, BLOW - 1 : BLOW + 2].mean(axis=1)
    sheet.add("angle before-after", _degrees(before, after))
    sheet.add("angle just before-after", _degrees(just_before, after))
    sheet.add("angle before-soon", _degrees(before, soon))
    sheet.add("angle soon-after", _degrees(soon, after))
    sheet.add("angle before-just before", _degrees(before, just_before))
    sheet.add("angle blow-before", _degrees(blow, before))
    sheet.add("angle blow-after", _degrees(blow, after))
    sheet.add("angle blow-just before", _degrees(blow, just_before))


def _degrees(first: Numbers, second: Numbers) -> Numbers:
    cosine = (first * second).sum(axis=-1) / np.maximum(lengths(first) * lengths(second), _TINY)
    angle: Numbers = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return angle


def _turning(sheet: _Sheet, windows: Numbers, upright: Numbers) -> None:
    """How far, and how fast, the direction of the smoothed pull went from where it was before."""
    pull = directions(smoothed(windows, 13))
    tilt = np.degrees(np.arccos(np.clip((pull * upright[:, None]).sum(axis=2), -1.0, 1.0)))
    settled = tilt[:, _span(0.5, 3)]
    sheet.add("tilt most", tilt.max(axis=1))
    sheet.add("tilt over 60 after", (settled > LYING_DEG).mean(axis=1))
    sheet.add("tilt over 30 after", (settled > TILTED_DEG).mean(axis=1))
    sheet.add("tilt just before", tilt[:, _span(-1.5, -0.5)].max(axis=1))
    sheet.add("tilt at blow", tilt[:, BLOW])
    sheet.add("tilt spread after", tilt[:, _span(1, 3)].std(axis=1))
    sheet.add("tilt range after", np.ptp(tilt[:, _span(1, 3)], axis=1))
    step = 5
    cosine = (pull[:, step:] * pull[:, :-step]).sum(axis=2)
    speed = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))) * HZ / step
    near = speed[:, BLOW - 28 : BLOW + 12]
    sheet.add("turn most", speed.max(axis=1))
    sheet.add("turn most near", near.max(axis=1))
    sheet.add("turn mean near", near.mean(axis=1))
    sheet.add("turn mean before", speed[:, : BLOW - 30].mean(axis=1))
    sheet.add("turn mean after", speed[:, BLOW + 20 :].mean(axis=1))


def _blow(sheet: _Sheet, strength: Numbers, jerk: Numbers, blow: Numbers) -> None:
    """The blow, and how it stands out from the rest of the window."""
    near = strength[:, _span(-0.5, 0.5)]
    rest = np.concatenate([strength[:, : BLOW - 13], strength[:, BLOW + 13 :]], axis=1)
    ranked = np.sort(rest, axis=1)
    peaks = (strength[:, 1:-1] > strength[:, :-2]) & (strength[:, 1:-1] >= strength[:, 2:])
    alike = peaks & (strength[:, 1:-1] - 1 > 0.6 * (blow[:, None] - 1))
    sheet.add("blow", blow)
    sheet.add("blow over 3", smoothed(strength, 3)[:, BLOW])
    sheet.add("blow over 5", smoothed(strength, 5)[:, BLOW])
    sheet.add("near over 2 g", (near > HARD_G).sum(axis=1))
    sheet.add("near over 3 g", (near > HARDER_G).sum(axis=1))
    sheet.add("all over 2 g", (strength > HARD_G).sum(axis=1))
    sheet.add("all over 3 g", (strength > HARDER_G).sum(axis=1))
    sheet.add("rest most to blow", (ranked[:, -1] - 1) / np.maximum(blow - 1, 0.1))
    sheet.add("rest p95", ranked[:, int(0.95 * ranked.shape[1])])
    sheet.add("rest p5", ranked[:, int(0.05 * ranked.shape[1])])
    sheet.add("peaks alike", alike.sum(axis=1))
    sheet.add("jerk most", jerk.max(axis=1))
    sheet.add("jerk near", jerk[:, BLOW - 13 : BLOW + 13].mean(axis=1))


def _falling(sheet: _Sheet, windows: Numbers, strength: Numbers, upright: Numbers, blow: Numbers) -> None:
    """Weightlessness and speed in the second before the blow."""
    weight = smoothed(strength, 3)[:, _span(-1, 0)].min(axis=1)
    speed = np.cumsum((windows * upright[:, None]).sum(axis=2) - 1, axis=1) / HZ
    excess = strength - 1
    pull = lengths(smoothed(windows, 5))
    sheet.add("weight least", weight)
    sheet.add("weight lacking", np.maximum(-excess[:, _span(-0.5, 0)], 0).sum(axis=1) / HZ)
    sheet.add("swing", blow - weight)
    sheet.add("drop 1 s", speed[:, _span(-1, 0.1)].min(axis=1) - speed[:, BLOW - 25])
    sheet.add("drop 0.6 s", speed[:, _span(-0.6, 0.1)].min(axis=1) - speed[:, BLOW - 15])
    sheet.add("push at blow", excess[:, _span(-0.1, 0.3)].sum(axis=1) / HZ)
    sheet.add("push after", excess[:, _span(0, 0.5)].sum(axis=1) / HZ)
    sheet.add("pull least before", pull[:, _span(-1, 0)].min(axis=1))
    sheet.add("pull most near", pull[:, _span(-0.3, 0.5)].max(axis=1))
    sheet.add("unrest soon", np.abs(excess[:, _span(0, 1)]).mean(axis=1))
    sheet.add("unrest before", np.abs(excess[:, _span(-3, -1)]).mean(axis=1))


def _rest(sheet: _Sheet, windows: Numbers, strength: Numbers, blow: Numbers) -> None:
    """How still it was, before and after, and whether anything came back again and again."""
    both = smoothed(np.concatenate([windows * windows, windows], axis=2), 13)
    spread = np.sqrt(np.maximum(both[..., :3] - both[..., 3:] ** 2, 0).sum(axis=2))
    after = np.sort(spread[:, BLOW + 19 :], axis=1)
    still = spread[:, BLOW + 7 :] < AT_REST_G
    before, later = spread[:, : BLOW - 25].mean(axis=1), spread[:, BLOW + 25 :].mean(axis=1)
    sheet.add("still least after", after[:, 0])
    sheet.add("still median after", after[:, after.shape[1] // 2])
    sheet.add("still last", spread[:, -13:].mean(axis=1))
    sheet.add("still share before", (spread[:, : BLOW - 19] < LYING_STILL_G).mean(axis=1))
    sheet.add("still share after", (spread[:, BLOW + 19 :] < LYING_STILL_G).mean(axis=1))
    sheet.add("time to stillness", np.where(still.any(axis=1), still.argmax(axis=1), still.shape[1]) / HZ)
    sheet.add("after to before", np.log((later + 0.02) / (before + 0.02)))
    sheet.add("blow to before", np.log(np.maximum(blow - 1, 0.05) / (before + 0.05)))
    sheet.add("blow to after", np.log(np.maximum(blow - 1, 0.05) / (later + 0.05)))
    swing = strength - strength.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(swing, 256, axis=1)) ** 2
    again = np.fft.irfft(power, 256, axis=1)[:, :30]
    sheet.add("energy", np.log(power.sum(axis=1) + 1e-6))
    sheet.add("comes back", again[:, 6:].max(axis=1) / np.maximum(again[:, 0], 1e-6))


FEATURES = tuple(_sheet(np.ones((1, 2 * BLOW, 3))).names)
"""The names of what is measured, in order. A model is only good for the order that it was trained with."""
