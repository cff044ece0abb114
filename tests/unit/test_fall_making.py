"""What benchmarks/falls makes of recorded windows: other devices, other places, knocks; from the generator alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.falls import making
from gateway.detection.motion_window import CEILING_G, LENGTH

Numbers = NDArray[np.float64]


def draw(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def swaying(blow_g: float = 2.0) -> Numbers:
    """Somebody who sways slowly and is struck in the middle, so that every rate sees nearly the same."""
    times = np.arange(making.RAW) / making.FINE_HZ - making.RAW_S / 2
    pull = np.stack([0.3 * np.sin(times), 0.2 * np.cos(times), np.ones_like(times)], axis=1)
    return pull + blow_g * np.exp(-0.5 * (times / 0.08) ** 2)[:, None] * np.array([0.0, 0.6, 0.8])


def test_a_device_without_faults_sends_what_was_there_but_for_when_it_sampled() -> None:
    assert making.felt(swaying(), draw()) == pytest.approx(making.as_form(swaying()), abs=0.15)


@pytest.mark.parametrize("rate_hz", [20.0, 25.0, 100.0])
def test_another_rate_sends_nearly_the_same(rate_hz: float) -> None:
    assert making.felt(swaying(), draw(), rate_hz=rate_hz) == pytest.approx(making.as_form(swaying()), abs=0.25)


def test_a_poor_device_saturates_and_every_form_is_ceiled() -> None:
    assert np.abs(making.felt(swaying(), draw(), limit_g=1.5)).max() <= 1.5
    assert np.linalg.norm(making.as_form(swaying(9.0)), axis=1).max() <= CEILING_G + 1e-9


def test_the_same_draw_makes_the_same_windows() -> None:
    for make in (making.on_another_device, lambda raw, each: making.as_form(making.worn_elsewhere(raw[None], each)[0])):
        first, again, other = (make(swaying(), draw(seed)) for seed in (1, 1, 2))
        assert first.shape == (LENGTH, 3)
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)


def test_worn_elsewhere_a_still_pull_turns_and_stays_about_as_strong() -> None:
    still = np.tile([0.0, 0.0, 1.0], (20, making.RAW, 1))
    strength = np.linalg.norm(making.worn_elsewhere(still, draw()), axis=2)
    assert 0.9 < np.median(strength) < 1.3


def test_a_knock_strikes_in_the_middle() -> None:
    knocked = making.knocked(np.tile([0.0, 0.0, 1.0], (40, making.RAW, 1)), draw())
    middle = np.linalg.norm(knocked[:, making.MIDDLE - 3 : making.MIDDLE + 4], axis=2).max(axis=1)
    assert (middle > 1.5).mean() > 0.8
