"""Windows that physics makes of recorded ones: worn elsewhere, felt by another device, or knocked.

* *Worn elsewhere*: the sensor turns against the body as a forearm does, in smooth random rotations and in swings, and
  feels the pull of its own circling; so a waist becomes something like a wrist.
* *Another device*: sensitivity off by up to 5 %, noise, 20 to 100 Hz at a random phase, saturation at 2 to 16 g per
  axis in a random orientation, stretches lost by the radio, a trigger up to 0.1 s early or late.
* *Knocks*: moments of daily life with short blows added, one or a row of them: a hand on a table, clapping, a door.

Whole stretches of `RAW` samples at `FINE_HZ` go in, the blow in the middle; windows in the form of `motion_window` come
out. All is drawn from the generator that is handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.detection.motion_window import FINE_HZ, ceiled, cut, steady

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Draw = np.random.Generator

RAW_S = 8
RAW = RAW_S * FINE_HZ
"""Samples of a stretch that windows are made of: 6 s, and a second on either side for what shifts them."""

MIDDLE = RAW // 2

LOSSY = 0.3
"""The share of devices whose radio loses something."""


def as_form(stretch: Numbers, shift: int = 0) -> Numbers:
    """A stretch as the model sees it."""
    return cut(ceiled(stretch), MIDDLE + shift)


def on_another_device(stretch: Numbers, draw: Draw) -> Numbers:
    """The same moment as some other device would have sent it, in the form of `motion_window`."""
    turned = stretch @ _any_rotation(draw) * draw.uniform(0.95, 1.05)
    return felt(
        turned,
        draw,
        rate_hz=draw.uniform(20, 100),
        noise_g=draw.uniform(0.003, 0.02),
        limit_g=draw.choice([2.5, 4.0, 4.0, 8.0, 16.0]),
        gaps=int(draw.integers(0, 4)) if draw.random() < LOSSY else 0,
        gap_s=draw.uniform(0.04, 0.4),
        shift=int(draw.integers(-5, 6)),
    )


def felt(  # noqa: PLR0913 - each is a fault of its own
    stretch: Numbers,
    draw: Draw,
    *,
    rate_hz: float = FINE_HZ,
    noise_g: float = 0.0,
    limit_g: float = 16.0,
    gaps: int = 0,
    gap_s: float = 0.0,
    shift: int = 0,
) -> Numbers:
    """What a device with these faults sends of a moment, in the form of `motion_window`.

    Args:
        stretch: shape (RAW, 3), g.
        draw: where its samples fall, its noise, and when its radio fails.
        rate_hz: of its samples.
        noise_g: on each axis.
        limit_g: what an axis tells at most.
        gaps: how often the radio fails.
        gap_s: for how long each time.
        shift: samples at `FINE_HZ` by which its blow is off.
    """
    times = np.arange(draw.uniform(0, 1 / rate_hz), RAW_S - 1 / FINE_HZ, 1 / rate_hz)
    even = np.arange(RAW) / FINE_HZ
    sent = np.stack([np.interp(times, even, axis) for axis in stretch.T], axis=1)
    sent = np.clip(sent + draw.normal(scale=noise_g, size=sent.shape), -limit_g, limit_g)
    for first in draw.integers(0, len(sent), gaps):
        sent[first : first + round(gap_s * rate_hz)] = np.nan
    middle = round((RAW_S / 2 - times[0]) * FINE_HZ) + shift
    return cut(ceiled(steady(sent, rate_hz)), middle)


def worn_elsewhere(stretches: Numbers, draw: Draw) -> Numbers:
    """The same moments felt by a sensor that moves against the body.

    Args:
        stretches: shape (k, RAW, 3), g.
        draw: the generator.
    """
    many = len(stretches)
    times = np.arange(RAW) / FINE_HZ
    slow, quick = _smooth(draw, many, FINE_HZ / 2), _smooth(draw, many, FINE_HZ / 5)
    angles = np.radians(draw.uniform(0, 90, (many, 1, 1))) * (0.7 * slow + 0.5 * quick)
    swings = np.radians(draw.uniform(5, 60, (many, 1))) * (draw.random((many, 1)) < 0.4)
    swing = swings * np.sin(2 * np.pi * draw.uniform(0.6, 2.2, (many, 1)) * times + draw.uniform(0, 6.28, (many, 1)))
    angles = angles + swing[..., None] * _any_direction(draw, many)[:, None]
    arm_m = 0.4
    circling = np.gradient(swing, 1 / FINE_HZ, axis=1) ** 2 * arm_m / 9.80665
    moved = draw.uniform(0, 0.4, (many, 1, 1)) * _smooth(draw, many, FINE_HZ / 10)
    moved = moved + circling[..., None] * _any_direction(draw, many)[:, None]
    return np.einsum("ktij,ktj->kti", _rotations(angles), stretches) + moved


def knocked(stretches: Numbers, draw: Draw) -> Numbers:
    """Moments of daily life with short blows, the first of them in the middle.

    Args:
        stretches: shape (k, RAW, 3), g.
        draw: the generator.
    """
    found = worn_elsewhere(stretches, draw)
    times = np.arange(RAW) / FINE_HZ - RAW_S / 2
    for index in range(len(found)):
        along = _any_direction(draw, 1)[0]
        strength, period = draw.uniform(1, 6), draw.uniform(0.2, 0.8)
        blows = range(-draw.integers(0, 8), draw.integers(1, 8)) if draw.random() < 0.35 else range(1)
        for blow in blows:
            at = blow * (period + draw.normal(scale=0.02))
            hard = strength * (draw.uniform(0.6, 1.2) if blow else 1.0)
            aslant = along + draw.normal(scale=0.3, size=3)
            found[index] += _blow(times - at, hard, draw)[:, None] * aslant
    return found


def _blow(times: Numbers, hard: float, draw: Draw) -> Numbers:
    """The swing before a blow, the blow, and its rebound, along one direction."""
    width, lead = draw.uniform(0.01, 0.04), draw.uniform(0.1, 0.4)
    swing = -draw.uniform(0, 1.2) * _bell(times + lead, lead / 2)
    rebound = -hard * draw.uniform(0.1, 0.5) * _bell(times - 2.5 * width, width)
    return hard * _bell(times, width) + swing + rebound


def _bell(times: Numbers, width: float) -> Numbers:
    return np.exp(-0.5 * (times / width) ** 2)


def _smooth(draw: Draw, many: int, scale: float) -> Numbers:
    """Smooth noise of variance 1: shape (many, RAW, 3); `scale` is its correlation length in samples."""
    reach = int(4 * scale)
    bell = _bell(np.arange(-reach, reach + 1), scale)
    bell /= np.sqrt((bell**2).sum())
    noise = draw.normal(size=(many, RAW + 2 * reach, 3))
    size = RAW + 4 * reach + 1
    spectrum = np.fft.rfft(noise, size, axis=1) * np.fft.rfft(bell, size)[:, None]
    return np.fft.irfft(spectrum, size, axis=1)[:, 2 * reach : 2 * reach + RAW]


def _any_direction(draw: Draw, many: int) -> Numbers:
    found = draw.normal(size=(many, 3))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _any_rotation(draw: Draw) -> Numbers:
    return _rotations(_any_direction(draw, 1) * draw.uniform(0, np.pi))[0]


def _rotations(angles: Numbers) -> Numbers:
    """Rotation matrices of rotation vectors, by the formula of Rodrigues; along the last axis."""
    size = np.linalg.norm(angles, axis=-1, keepdims=True)
    x, y, z = np.moveaxis(angles / np.maximum(size, 1e-9), -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    sine, cosine = np.sin(size)[..., None], np.cos(size)[..., None]
    return np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)
