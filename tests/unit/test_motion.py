"""Windows of acceleration: brought to one form, measured, and told from what lies on a table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.detection import motion_features, worn
from gateway.detection.motion_window import (
    CEILING_G,
    FINE_HZ,
    HALF,
    LENGTH,
    TooMuchLost,
    ceiled,
    cut,
    of_device,
    steady,
    strikes,
)

Samples = NDArray[np.float64]
G = 9.80665


def moving(seconds: float = 6.0, rate_hz: float = 50.0, seed: int = 1) -> Samples:
    """Somebody who sways and is struck in the middle; smooth, so that every rate sees the same; g."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    draw = np.random.default_rng(seed)
    sway = sum(
        draw.normal(size=3) * 0.2 * np.sin(2 * np.pi * each * times + draw.uniform(0, 6))[:, None]
        for each in (0.4, 0.9, 1.7)
    )
    blow = np.exp(-0.5 * ((times - seconds / 2) / 0.08) ** 2)
    return np.array([0.0, 0.0, 1.0]) + sway + 1.8 * blow[:, None] * np.array([0.6, 0.0, 0.8])


def rotation(seed: int) -> Samples:
    turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return turned if np.linalg.det(turned) > 0 else -turned


def form(samples: Samples, rate_hz: float = 50.0) -> Samples:
    return of_device((samples * G).astype(np.float32), rate_hz, len(samples) // 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_turning_the_sensor_changes_nothing_that_is_measured(seed: int, turn: int) -> None:
    samples = moving(seed=seed)
    windows = np.stack([form(samples), form(samples @ rotation(turn))])
    upright, turned = motion_features.measure(windows)
    assert upright == pytest.approx(turned, abs=2e-3, rel=2e-3)


@pytest.mark.parametrize("rate_hz", [20.0, 25.0, 33.3, 50.0, 64.0, 100.0, 119.0, 200.0, 238.0])
def test_every_rate_becomes_the_same_form(rate_hz: float) -> None:
    found = form(moving(rate_hz=rate_hz), rate_hz)
    assert found.shape == (LENGTH, 3)
    assert np.abs(found - form(moving())).max() < 0.12
    assert np.argmax(np.linalg.norm(found, axis=1)) in range(HALF - 1, HALF + 2)


def test_the_blow_is_found_up_to_a_second_after_the_trigger() -> None:
    samples = moving(8.0)
    early = of_device((samples * G).astype(np.float32), 50.0, 200 - 30)
    assert np.argmax(np.linalg.norm(early, axis=1)) in {HALF - 1, HALF}


def test_no_vector_is_longer_than_the_poorest_sensor_can_tell() -> None:
    hard = ceiled(np.array([[0.0, 0.0, 1.0], [3.0, 4.0, 12.0], [16.0, 0.0, 0.0]]))
    assert np.linalg.norm(hard, axis=1) == pytest.approx([1.0, CEILING_G, CEILING_G])
    assert hard[1] / np.linalg.norm(hard[1]) == pytest.approx(np.array([3, 4, 12]) / 13)


def test_gaps_are_bridged_and_too_many_refused() -> None:
    samples = moving()
    holes = samples.copy()
    for start in (20, 100, 250):
        holes[start : start + 6] = np.nan
    assert np.isfinite(form(holes)).all()
    assert np.abs(form(holes) - form(samples)).max() < 0.1
    holes[:130] = np.nan
    with pytest.raises(TooMuchLost, match="136 of 300 samples are lost: at most 40% may be"):
        form(holes)
    with pytest.raises(TooMuchLost):
        steady(np.empty((0, 3)), 50.0)


def test_what_lies_beyond_the_recording_is_its_mirror_image() -> None:
    samples = np.zeros((100, 3))
    samples[:, 0] = np.arange(100)
    found = cut(samples, 20)[:, 0]
    assert found[HALF - 11] == pytest.approx(0.5, abs=1.0)
    assert found.min() >= 0
    assert found.max() <= 99


def test_windows_are_sent_a_second_apart_and_at_the_hardest_blow() -> None:
    samples = np.tile([0.0, 0.0, 1.0], (500, 1))
    for at, hard in ((100, 1.7), (120, 3.0), (160, 2.0), (300, 1.5), (400, 1.61)):
        samples[at, 2] = hard
    assert strikes(samples) == [120, 400] or strikes(samples) == [120, 160 + 10, 400]
    assert strikes(np.tile([0.0, 0.0, 1.0], (500, 1))) == []


def test_measures_have_names_that_differ() -> None:
    assert len(set(motion_features.FEATURES)) == len(motion_features.FEATURES)
    assert motion_features.measure(np.ones((3, LENGTH, 3))).shape == (3, len(motion_features.FEATURES))


@given(st.floats(0.0, 4.0))
@settings(max_examples=20, deadline=None)
def test_anything_finite_gives_finite_measures(strength: float) -> None:
    still = np.zeros((1, LENGTH, 3))
    still[..., 1] = strength
    assert np.isfinite(motion_features.measure(still)).all()


# worn or not


def noise(seed: int = 3, spread: float = 0.004) -> Samples:
    return np.random.default_rng(seed).normal(scale=spread, size=(300, 3))


def on_the_table(knock: float = 2.0) -> Samples:
    samples = np.tile([0.0, 0.0, 1.0], (300, 1)) + noise()
    samples[150:153, 2] += knock
    return samples


def dropped(flight_s: float = 0.42) -> Samples:
    samples = moving()[:, [2, 0, 1]] * 0.3 + np.array([0.0, 0.0, 0.9])
    start = 150 - round(flight_s * FINE_HZ)
    samples[start:150] = noise()[start:150] + 0.05
    samples[150:153] = 3.5
    samples[153:] = np.array([1.0, 0.0, 0.0]) + noise()[153:]
    return samples


def test_a_knocked_table_wears_nothing() -> None:
    assert worn.judge(form(on_the_table())) is worn.Wear.KNOCKED


def test_a_dropped_pendant_is_worn_by_nobody() -> None:
    assert worn.judge(form(dropped())) is worn.Wear.DROPPED
    assert worn.judge(form(dropped(0.2))) is worn.Wear.PERHAPS  # no longer a flight than a body's


def test_somebody_who_lay_still_and_is_turned_by_the_blow_wears_it() -> None:
    samples = on_the_table()
    samples[150:] = samples[150:] @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0.0]])
    assert worn.judge(form(samples)) is worn.Wear.PERHAPS


def test_somebody_who_breathes_wears_it() -> None:
    samples = on_the_table()
    samples[:, 0] += 0.03 * np.sin(2 * math.pi * 0.3 * np.arange(300) / 50)
    assert worn.judge(form(samples)) is worn.Wear.PERHAPS
