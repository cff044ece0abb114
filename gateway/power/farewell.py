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

    from alerts.dispatch import Dispatcher
    from alerts.model import Delivery
    from gateway.watch import Watch

log = logging.getLogger("shouwang")

FAREWELL_S = 30.0
"""How long the receipts are waited for. Source: our choice: three tries at a station (receipt_timeout_s is 10 s), and a
tenth of the reserve (battery_stop_runtime_s)."""

LOOK_S = 0.2
SHUTDOWN_S = 60.0
"""How long the shutdown command may take. Source: our choice; `systemctl poweroff` returns at once."""


async def tell_the_end(watch: Watch, dispatcher: Dispatcher, now: Callable[[], datetime]) -> None:
    """Return when everybody who is to be told now that the watch ends has it stored, or after `FAREWELL_S`.

    Args:
        watch: in which the end has just been judged.
        dispatcher: tells them.
        now: the time (aware UTC).
    """
    committed = asyncio.Event()
    watch.journal.after_commit(committed.set)  # and so handed over to the dispatcher
    await committed.wait()
    alert = next((alert for alert in watch.belief.alerts.values() if alert.subject == MAINS), None)
    try:
        async with asyncio.timeout(FAREWELL_S):
            while alert is not None and is_awaited(dispatcher.rows_of(alert.key), now()):  # noqa: ASYNC110 - and time
                await asyncio.sleep(LOOK_S)  # noqa: TID251 - a pause between looks, no clock
    except TimeoutError:
        log.warning("power: not everybody could be told that the watch ends")


def is_awaited(rows: Iterable[Delivery], now: datetime) -> bool:
    """Say whether somebody's word that an alert is stored is still to come.

    Args:
        rows: of the alert, that have not ended. A rung whose turn comes later is not waited for; one that is tried
            again is.
        now: the time (aware UTC).
    """
    return any(row.state is DeliveryState.SENT or row.due_at <= now or row.attempt > 0 for row in rows)


async def shut_down(command: Sequence[str]) -> None:
    """Run the command that switches the machine off; what is wrong with it goes to the log, for the watch is over."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    except OSError as error:
        log.error("power: the shutdown command cannot be run: %s", error.strerror)  # noqa: TRY400 - that says all
        return
    try:
        await asyncio.wait_for(process.wait(), SHUTDOWN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
    log.warning("power: the shutdown command ended with code %d", process.returncode)
