"""What the sensors saw, as lines of a brief. Evidence is a mapping of fixed names; a name not known here is left out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alerts import spoken

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.model import Alert
    from alerts.spoken import Language


def seen(alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> tuple[str, ...]:
    """The lines that say what the sensors saw.

    Args:
        alert: any alert, with any evidence.
        bed: names its rooms and devices.
        language: "zh" or "en".
        timezone: the home's.

    Returns:
        No line, or one for each fact that helps.
    """
    last = _time(alert.evidence.get("last_at"))
    if last is None:
        return ()
    when = spoken.moment(last, language, timezone, seen_from=alert.opened_at)
    return (f"最后动静:{when}",) if language == "zh" else (f"Last sign of life: {when}",)


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
