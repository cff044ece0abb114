"""Judges the windows of acceleration that a home's worn sensors send.

Theory of operation
-------------------
What judges a window loads numpy and the model, which takes as long as the rest of a start. So a gateway starts without
it. Where the home has worn sensors it is loaded in a thread, once the watch is awake; elsewhere at the first window, if
one ever comes. Without a usable model the home is watched all the same, windows are refused by name, and the station
is told.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from typing import TYPE_CHECKING

from gateway.detection.home import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from devices.reading import AccelWindow, Decoded
    from gateway.detection.fall_model import FallModel
    from gateway.detection.home import Device

log = logging.getLogger("shouwang")


class WindowJudge:
    """Says what windows mean, in readings.

    Args:
        report: told whether there is trouble with the model, on the loop.
    """

    def __init__(self, report: Callable[[bool], None]) -> None:
        self._report = report
        self._model: FallModel | None = None
        self._loaded = False

    async def get_ready(self, devices: Iterable[Device]) -> None:
        """Load everything in a thread, if one of the home's devices is worn."""
        if any(device.role is Role.FALL and not device.room for device in devices):
            await asyncio.to_thread(importlib.import_module, "gateway.detection.impact")
            self._take(*await asyncio.to_thread(_load))

    def judge(self, window: AccelWindow) -> Decoded:
        """What one window says; see `gateway.detection.impact`."""
        from gateway.detection import impact  # noqa: PLC0415 - loads numpy: most homes never need it

        if not self._loaded:
            self._take(*_load())
        return impact.judge(self._model, window)

    def _take(self, model: FallModel | None, why: str) -> None:
        self._model, self._loaded = model, True
        if why:
            log.error("the fall model cannot be used: %s", why)
        self._report(bool(why))


def _load() -> tuple[FallModel | None, str]:
    """The model, or why there is none."""
    from gateway.detection.fall_model import ModelUnusable, shipped  # noqa: PLC0415 - as above

    try:
        return shipped(), ""
    except ModelUnusable as error:
        return None, str(error)
