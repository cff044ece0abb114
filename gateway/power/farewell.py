"""The clean end before the battery's: people know, everything is written, and then the machine may go off."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from alerts.model import DeliveryState
from gateway.detection.parts import MAINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from alerts.model import Delivery
    from gateway.recall import Recall
    from gateway.watch import Watch

log = logging.getLogger("shouwang")

FAREWELL_S = 30.0
"""How long the receipts are waited for. Source: our choice: three tries at a station (receipt_timeout_s is 10 s), and a
tenth of the reserve (battery_stop_runtime_s)."""

LOOK_S = 0.2
SHUTDOWN_S = 60.0
"""How long the shutdown command may take to answer. Source: our choice; `systemctl poweroff` returns at once."""


async def tell_the_end(watch: Watch, recall: Recall, now: Callable[[], datetime]) -> None:
    """Return when everybody who is to be told now that the watch ends has it stored, or after `FAREWELL_S`.

    Args:
        watch: in which the end has just been judged.
        recall: where the deliveries' states are read.
        now: the time (aware UTC).
    """
    alert = next((alert for alert in watch.belief.alerts.values() if alert.subject == MAINS), None)
    if alert is None:
        return
    try:
        async with asyncio.timeout(FAREWELL_S):
            while not has_arrived(await recall.deliveries(alert.key), alert.revision, now()):  # noqa: ASYNC110 - see recall
                await asyncio.sleep(LOOK_S)  # noqa: TID251 - a pause between looks, no clock
    except TimeoutError:
        log.warning("power: not everybody could be told that the watch ends")


def has_arrived(deliveries: Iterable[Delivery], revision: int, now: datetime) -> bool:
    """Say whether everybody who is to be told by now has a revision of an alert stored.

    Args:
        deliveries: of the alert, as they are written.
        revision: which; nobody was told of it yet as long as no row is of it.
        now: the time (aware UTC).
    """
    told = [row for row in deliveries if row.revision >= revision]
    return bool(told) and not any(_is_under_way(row, now) for row in told)


def _is_under_way(row: Delivery, now: datetime) -> bool:
    """A rung whose turn comes later is not waited for; one that is tried again is."""
    return row.state is DeliveryState.SENT or (
        row.state is DeliveryState.DUE and (row.due_at <= now or row.attempt > 0)
    )


async def shut_down(command: Sequence[str]) -> None:
    """Run the command that switches the machine off; what is wrong with it goes to the log, for the watch is over."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
        code = await asyncio.wait_for(process.wait(), SHUTDOWN_S)
    except OSError as error:  # a time-out is one
        log.error("power: the shutdown command could not be run to its end: %s", error.strerror or "it takes too long")  # noqa: TRY400 - the sentence says all of it
    else:
        log.warning("power: the shutdown command ended with code %d", code)
