"""A window of acceleration brought to one form, whoever felt it: 6 s at 25 Hz in g, the blow in the middle.

Theory of operation
-------------------
Devices differ in rate, range and in where they trigger. Here all become one: samples that the radio lost are bridged
by straight lines, faster signals are averaged down, slower ones are interpolated, what lies beyond the recording's
ends is its mirror image, and no vector is longer than `CEILING_G`, since the poorest sensors saturate there. The blow
is looked for at `FINE_HZ`; the form has `HZ`, the rate of the slowest devices. Each step treats the three axes alike,
so that a rotated window becomes the rotated form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from devices.reading import G_MPS2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

FINE_HZ = 50
"""The rate at which blows are looked for. Source: WEDA-FALL's sensor."""

HZ = 25
"""The rate of the form. Source: the slowest device that docs/mqtt.md 1.9 allows; falls of unseen people were told no
better at 50 Hz (docs/fall-model.md)."""

HALF = 3 * HZ
"""Samples before the blow, and from the blow on."""

LENGTH = 2 * HALF

CEILING_G = 4.0
"""No vector is longer, in g: the range of the poorest sensor. Source: WEDA-FALL's Fitbit Sense, ±4 g."""

TRIGGER_G = 1.6
"""From this magnitude on, in g, firmware sends a window. Source: measured: all 1,425 falls of SisFall and WEDA-FALL
reach it, one fails at 1.8 g; ordinary walking of elders seldom does."""

PEAK_WITHIN_S = 1.0
"""How long after the trigger the strongest blow is looked for. Source: our choice: knees, hip and hand strike within
a second."""


class TooMuchLost(ValueError):
    """So many samples are missing that nothing can be said of the window."""


MOST_LOST = 0.4
"""Share of samples that may be missing. Source: our choice; docs/fall-model.md says what losses cost."""


def steady(samples: Samples, rate_hz: float) -> Samples:
    """A recording at `FINE_HZ`, gaps bridged.

    Args:
        samples: shape (n, 3), any unit, evenly spaced; rows with NaN are lost.
        rate_hz: its rate.

    Returns:
        Shape (m, 3), the same stretch of time.

    Raises:
        TooMuchLost: if more than `MOST_LOST` of it is missing.
    """
    lost = np.isnan(samples).any(axis=1)
    if len(samples) == 0 or lost.mean() > MOST_LOST:
        raise TooMuchLost(f"{int(lost.sum())} of {len(samples)} samples are lost: at most {MOST_LOST:.0%} may be")
    times = np.arange(len(samples)) / rate_hz
    if rate_hz >= 2 * FINE_HZ and not lost.any():
        times, samples = _averaged(times, samples, int(rate_hz // FINE_HZ))
        lost = np.zeros(len(samples), dtype=np.bool_)
    wanted = times[0] + np.arange(int((times[-1] - times[0]) * FINE_HZ) + 1) / FINE_HZ
    heard = ~lost
    return np.stack([np.interp(wanted, times[heard], samples[heard, axis]) for axis in range(3)], axis=1)


def _averaged(times: NDArray[np.float64], samples: Samples, many: int) -> tuple[NDArray[np.float64], Samples]:
    whole = len(samples) // many * many
    return (
        times[:whole].reshape(-1, many).mean(axis=1),
        samples[:whole].reshape(-1, many, samples.shape[1]).mean(axis=1),
    )


def ceiled(samples: Samples) -> Samples:
    """The samples with no vector longer than `CEILING_G`; directions stay.

    Args:
        samples: shape (n, 3), g.
    """
    length = np.linalg.norm(samples, axis=1, keepdims=True)
    shortened: Samples = samples * np.minimum(1.0, CEILING_G / np.maximum(length, CEILING_G))
    return shortened


def strikes(samples: Samples) -> list[int]:
    """Where firmware would send a window: the strongest blow within a second of each trigger, a second apart.

    Args:
        samples: shape (n, 3), g, at `FINE_HZ`.
    """
    length = np.linalg.norm(samples, axis=1)
    over = np.flatnonzero(length > TRIGGER_G)
    within, found, next_ = round(PEAK_WITHIN_S * FINE_HZ), [], 0
    while (first := int(np.searchsorted(over, next_))) < len(over):
        start = int(over[first])
        peak = start + int(np.argmax(length[start : start + within]))
        found.append(peak)
        next_ = peak + within
    return found


def cut(samples: Samples, peak: int) -> Samples:
    """The six seconds around a blow, in the one form.

    Args:
        samples: shape (n, 3), at `FINE_HZ`; a side that is too short is filled with its mirror image.
        peak: the index of the blow.

    Returns:
        Shape (LENGTH, 3).
    """
    last = len(samples) - 1
    half = HALF * FINE_HZ // HZ
    index = np.abs(np.arange(peak - half, peak + half))
    index = np.where(index > last, 2 * last - index, index)
    whole: Samples = samples[np.clip(index, 0, last)]
    form: Samples = whole.reshape(LENGTH, FINE_HZ // HZ, 3).mean(axis=1)
    return form


def of_device(samples: NDArray[np.float32], rate_hz: float, trigger: int) -> Samples:
    """What a device sent, in the one form.

    Args:
        samples: shape (n, 3), m/s²; NaN where lost.
        rate_hz: samples per second.
        trigger: the index at which it was struck.

    Returns:
        Shape (LENGTH, 3), g.

    Raises:
        TooMuchLost: as in `steady`.
    """
    even = ceiled(steady(samples.astype(np.float64) / G_MPS2, rate_hz))
    start = min(max(round(trigger / rate_hz * FINE_HZ) - 2, 0), len(even) - 1)
    length = np.linalg.norm(even[start : start + round(PEAK_WITHIN_S * FINE_HZ)], axis=1)
    return cut(even, start + int(np.argmax(length)))
