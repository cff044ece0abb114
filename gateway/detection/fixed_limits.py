"""The fixed limits of inactivity: when a silence is too long whatever is usual for this person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection.daytime import stretches
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.home import Home


class Verdict(NamedTuple):
    """When a silence is too long, by which limit in seconds, and why."""

    due: datetime
    limit_s: float
    reason: Reason


def judge(home: Home, since: datetime, *, in_bed: bool) -> Verdict:
    """When a silence that began at `since` becomes too long, by which limit, and why."""
    limits = home.limits
    left = {False: limits.inactivity_day_s, True: limits.inactivity_night_s}
    end = since + timedelta(seconds=limits.inactivity_floor_s)
    for start, stop, night in stretches(home, since, end):
        rest = night or in_bed
        if (stop - start).total_seconds() >= left[rest]:
            return _by_limit(home, start + timedelta(seconds=left[rest]), rest=rest, in_bed=in_bed)
        left[rest] -= (stop - start).total_seconds()
    return Verdict(end, limits.inactivity_floor_s, Reason.NO_SIGN_FLOOR)


def _by_limit(home: Home, due: datetime, *, rest: bool, in_bed: bool) -> Verdict:
    if not rest:
        return Verdict(due, home.limits.inactivity_day_s, Reason.NO_SIGN_BY_DAY)
    reason = Reason.NO_SIGN_IN_BED if in_bed else Reason.NO_SIGN_BY_NIGHT
    return Verdict(due, home.limits.inactivity_night_s, reason)
