"""The shape of a window of acceleration: how often it looks like each of 84 small patterns, at five widths.

Theory of operation
-------------------
MiniRocket: a fixed set of 84 patterns of nine samples, three of them 2 and six of them -1, is laid over a series at
several widths; what counts is the share of positions at which the pattern's response exceeds a level. The patterns are
fixed, only the levels are taken from data, and a linear model on the shares tells series apart about as well as deep
networks do. The four series are the same however the sensor is turned: the strength of the pull (also as a logarithm),
its jerk, and how far its smoothed direction is from where it was before.

Source: Dempster, Schmidt, Webb, "MiniRocket", KDD 2021 (arXiv 2012.08791).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.detection.motion_features import directions, lengths, smoothed
from gateway.detection.motion_window import LENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

WIDTHS = (1, 2, 4, 8, 16)
"""Samples from one of a pattern's nine places to the next. Source: MiniRocket's powers of two, to 5 s of the 6."""

SERIES = 4

_PLACES = 9


def _patterns() -> NDArray[np.float32]:
    chosen = np.array(list(combinations(range(_PLACES), 3)))
    patterns = np.full((len(chosen), _PLACES), -1.0, dtype=np.float32)
    patterns[np.arange(len(chosen))[:, None], chosen] = 2.0
    return patterns


PATTERNS = _patterns()

_REACH = np.stack(
    [
        np.clip(np.arange(LENGTH) + (np.arange(_PLACES) - _PLACES // 2)[:, None] * width, 0, LENGTH - 1)
        for width in WIDTHS
    ]
)
"""Which samples each place of a pattern falls on: (widths, places, positions). Beyond the ends the last one goes on."""


def series(windows: Numbers) -> NDArray[np.float32]:
    """What the patterns are laid over.

    Args:
        windows: shape (k, LENGTH, 3), g, in the form of `motion_window`.

    Returns:
        Shape (k, SERIES, LENGTH).
    """
    strength = lengths(windows)
    jerk = lengths(np.diff(windows, axis=1, prepend=windows[:, :1]))
    upright = directions(windows[:, :50].mean(axis=1))
    pull = directions(smoothed(windows, 13))
    turned = 1 - (pull * upright[:, None]).sum(axis=2)
    four = [np.log(strength + 0.25), np.log(5 * jerk + 0.1), turned, strength]
    return np.stack(four, axis=1, dtype=np.float32, casting="same_kind")


def responses(one: NDArray[np.float32]) -> NDArray[np.float32]:
    """How strongly each pattern answers at each position.

    Args:
        one: one series of each window, shape (k, LENGTH).

    Returns:
        Shape (k, len(WIDTHS), len(PATTERNS), LENGTH).
    """
    answer: NDArray[np.float32] = np.matmul(PATTERNS, one[:, _REACH])
    return answer


def shares(windows: Numbers, levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """How often each pattern's response exceeds each of its levels.

    Args:
        windows: shape (k, LENGTH, 3), g, in the form of `motion_window`.
        levels: shape (SERIES, len(WIDTHS), len(PATTERNS), levels of each).

    Returns:
        Shape (k, levels.size), from 0 to 1.
    """
    found = np.empty((len(windows), *levels.shape), dtype=np.float32)
    laid = series(windows)
    for each in range(SERIES):
        answer = responses(laid[:, each])
        for level in range(levels.shape[-1]):
            above = answer > levels[each, ..., level, None]
            # a window has fewer than 256 samples, so that bytes can count them: three times as quick
            found[:, each, ..., level] = np.add.reduce(above.view(np.uint8), axis=-1, dtype=np.uint8)
    found /= LENGTH
    return found.reshape(len(windows), -1)
