"""Waiting for what will be, and no longer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENT_S = 60.0


async def until(true: Callable[[], bool], why: Callable[[], str] = lambda: "", within_s: float = PATIENT_S) -> None:
    """Waits until something is true; fails with `why()` when it never is."""
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, why()
        await asyncio.sleep(0.01)
