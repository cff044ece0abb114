"""Blows that the simulated belt feels, as the model is shown them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from devices.dialects import native
from firmware_sim import blows
from firmware_sim.dice import dice
from gateway.detection.motion_window import of_device

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from devices.reading import AccelWindow


def sent(how: blows.How, seed: int, *, lossy: bool = False, **fields: object) -> AccelWindow:
    """A window as the gateway reads it."""
    body = {"v": 1, "boot": 1, "seq": seed + 1, **blows.window(how, dice(seed, how), lossy=lossy), **fields}
    decoded = native.decode("shouwang/belt/window", json.dumps(body).encode(), datetime(2026, 3, 2, 1, tzinfo=UTC))
    assert not decoded.refusals
    return decoded.windows[0]


def felt(how: blows.How, seed: int) -> NDArray[np.float64]:
    """The same in the form of `motion_window`."""
    window = sent(how, seed)
    return of_device(window.samples, window.rate_hz, window.trigger)
