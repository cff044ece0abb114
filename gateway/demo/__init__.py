"""`shouwang demo`: one simulated home, its box and a station on this computer, and five incidents in two minutes.

Theory of operation
-------------------
Everything that is shown is the product itself: a broker, simulated devices, `shouwang run` and the station are
processes of their own in a temporary folder, and speak MQTT with each other. The director stages incidents in the
home (`scenes`), lets home time run fast in between (`pacing`), and looks on from outside, through the two JSON APIs
that anybody could use (`station_desk`, `home_box`). Whoever takes a call does so as a person would, at the station.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

INTERRUPTED = 130
"""Source: POSIX shells, 128 and the number of SIGINT."""


def main(seconds: float | None = None, report: Path | None = None, seed: int = 1) -> int:
    """Run the demo.

    Args:
        seconds: unattended, and over after so many seconds at the latest; None stays with the viewer until Ctrl-C.
        report: where to write the times of the incidents as JSON; None prints a table.
        seed: of the simulated resident's life.

    Returns:
        0 when every staged incident was opened, stored, taken by a person and known to the home; 1 when not;
        2 when the report cannot be written.
    """
    try:
        from gateway.demo.show import Options, show  # noqa: PLC0415 - the broker's process needs none of it

        return asyncio.run(show(Options(seconds=seconds, report=report, seed=seed)))
    except KeyboardInterrupt:  # before `show` listens for it: nothing has been started yet
        return INTERRUPTED
