"""The week in words: what she did more or less of than before. A report, never an alarm. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.occurrence import Words

if TYPE_CHECKING:
    from alerts.spoken import Language
    from gateway.web.view import TrendSeen

_FIGURES = {
    "activity_h": Words(
        "每天有动静的时间：这周 {week} 小时，之前四周 {before} 小时",
        "Active hours a day: {week} this week, {before} in the four weeks before",
    ),
    "night_trips": Words(
        "每夜起来：这周 {week} 次，之前四周 {before} 次", "Up at night: {week} times this week, {before} before"
    ),
    "up_at_h": Words(
        "早上起床：这周 {week}，之前四周 {before}", "Up in the morning: at {week} this week, {before} before"
    ),
    "bathroom_min": Words(
        "在卫生间最久：这周 {week} 分钟，之前四周 {before} 分钟",
        "Longest in the bathroom: {week} minutes this week, {before} before",
    ),
}
_CHANGES = {
    ("activity_h", "less"): Words("活动减少", "less active"),
    ("activity_h", "more"): Words("活动增多", "more active"),
    ("night_trips", "less"): Words("夜间起夜减少", "up less often at night"),
    ("night_trips", "more"): Words("夜间起夜增多", "up more often at night"),
    ("up_at_h", "less"): Words("起得早了", "up earlier"),
    ("up_at_h", "more"): Words("起得晚了", "up later"),
    ("bathroom_min", "less"): Words("在卫生间的时间短了", "shorter in the bathroom"),
    ("bathroom_min", "more"): Words("在卫生间的时间长了", "longer in the bathroom"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the card: its words, and whether something has changed."""

    words: str
    changed: bool


def told(trend: TrendSeen, language: Language) -> Told:
    """A figure of this week beside that of the weeks before, in words."""
    plain = _FIGURES[trend.name].in_(language)
    words = plain.format(week=_number(trend.name, trend.week), before=_number(trend.name, trend.before))
    change = _CHANGES.get((trend.name, trend.change))
    if change is None:
        return Told(words=words, changed=False)
    joined = f"{words}（{change.in_(language)}）" if language == "zh" else f"{words} ({change.in_(language)})"
    return Told(words=joined, changed=True)


def _number(name: str, value: float) -> str:
    if name == "up_at_h":
        minutes = round(value * 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    return f"{value:.0f}" if name == "bathroom_min" else f"{value:.1f}"
