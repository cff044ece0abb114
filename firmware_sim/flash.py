"""The non-volatile memory of all devices: how often each has booted, kept over restarts where a file is given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firmware_sim.clock import replace_file
from firmware_sim.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Flash:
    """Boot numbers by device.

    Args:
        file: where they outlive this process; None for memory only, which starts every device at its first boot.

    Raises:
        Refused: when the file exists and does not hold boot numbers.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._boots = _read(file) if file is not None and file.exists() else {}

    def counter(self, device: str) -> Callable[[], int]:
        """Return what a device calls at each boot: counts it, keeps it, and only then returns its number."""

        def next_boot() -> int:
            self._boots[device] = self._boots.get(device, 0) + 1
            if self._file is not None:
                replace_file(self._file, json.dumps(self._boots))
            return self._boots[device]

        return next_boot


def _read(file: Path) -> dict[str, int]:
    try:
        boots = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused("bad_flash_file", f"{file.name} cannot be read: {error}. Delete it to start anew.") from error
    if not isinstance(boots, dict) or not all(isinstance(boot, int) for boot in boots.values()):
        raise Refused("bad_flash_file", f"{file.name} does not hold boot numbers. Delete it to start anew.")
    return boots
