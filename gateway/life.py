"""One life of the gateway's process: opens what it needs, watches until told to stop, and closes in good order.

Theory of operation
-------------------
An error that nobody handles ends the process, and the service manager starts it anew; restart is replay.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.webhook import new_session
from alerts.durable.stand_in import stand_in
from gateway import heartbeat
from gateway.app import App
from gateway.clock import Clock, HomeClock, SteadyClock
from gateway.power.farewell import shut_down
from gateway.power.keeper import BatteryEnding
from gateway.recall import Recall
from gateway.store import Store
from gateway.store_file import make_ready

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.settings import Settings

log = logging.getLogger("shouwang")


async def run(settings: Settings, env: Mapping[str, str]) -> bool:
    """Watch over one home until SIGTERM or SIGINT, or until its battery is nearly empty.

    Args:
        settings: of the home.
        env: where secrets given by variable are looked up.

    Returns:
        True when the battery was the reason; the store is closed then, and the shutdown command has run.

    Raises:
        gateway.migrate.StoreTooNew: if a newer version wrote the store.
        OSError: if the store cannot be opened and no room is left for a copy of it anywhere.
        ExceptionGroup: whatever a part did not handle.
    """
    battery_ending = await _watch_over(settings, env)
    if battery_ending and settings.power.shutdown_command:
        await shut_down(settings.power.shutdown_command)
    return battery_ending


async def _watch_over(settings: Settings, env: Mapping[str, str]) -> bool:
    battery_ending = False
    async with AsyncExitStack() as stack:
        store = await Store.open(settings.store.path)
        stack.push_async_callback(store.close)
        recall = await _recall(store, stack)
        http = await stack.enter_async_context(new_session())
        clock = await _clock(settings, recall)
        app = App(settings, env, store=store, recall=recall, clock=clock)
        await app.assemble(http)
        _stop_on_signal(asyncio.current_task())
        with suppress(asyncio.CancelledError):
            try:
                await app.run()
            except* BatteryEnding:
                battery_ending = True
        heartbeat.notify("STOPPING=1", env)
    return battery_ending


async def _recall(store: Store, stack: AsyncExitStack) -> Recall:
    """Read from the store, or from a copy of it while its disk refuses."""
    path = store.path
    if store.trouble:
        log.error("the store cannot be used: %s; what happens is kept in memory", store.trouble)
        path = await asyncio.to_thread(stand_in, path, make_ready)
        stack.callback(shutil.rmtree, path.parent, ignore_errors=True)
    recall = await Recall.open(path)
    stack.push_async_callback(recall.close)
    store.replaced = partial(recall.reopen, store.path)
    return recall


async def _clock(settings: Settings, recall: Recall) -> Clock:
    if settings.clock.file is not None:
        return HomeClock(settings.clock.file)
    return SteadyClock(await recall.newest_at(), settings.limits.clock_jump_s)


def _stop_on_signal(task: asyncio.Task[None] | None) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: task.cancel() if task else None)
