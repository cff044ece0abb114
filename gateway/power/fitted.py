"""What looks after the power in this home, made from its settings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gateway.power.farewell import tell_the_end
from gateway.power.keeper import Keeper
from gateway.power.supply import Reserve
from gateway.power.sysfs import SysfsReader
from gateway.power.upsd import UpsdReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from alerts.dispatch import Dispatcher
    from config.settings import Settings
    from gateway.power.supply import Reader
    from gateway.watch import Watch


def keeper_of(
    settings: Settings, env: Mapping[str, str], *, watch: Watch, dispatcher: Dispatcher, now: Callable[[], datetime]
) -> Keeper | None:
    """Make what looks after the power; None where the home has nothing to look at."""
    reader = _reader(settings, env)
    if reader is None:
        return None
    limits = settings.limits
    reserve = Reserve(runtime_s=limits.battery_stop_runtime_s, percent=limits.battery_stop_percent)
    return Keeper(reader, reserve, watch=watch, now=now, farewell=partial(tell_the_end, watch, dispatcher, now))


def _reader(settings: Settings, env: Mapping[str, str]) -> Reader | None:
    power = settings.power
    if power.kind == "power_supply":
        return SysfsReader(power.path)
    if power.kind == "nut":
        login = (power.username, power.password.reveal(env)) if power.username and power.password else None
        return UpsdReader(power.host, power.port, power.ups, login)
    return None
