"""The tables that `shouwang score falls` prints: each channel as a whole, and what each activity came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.detection.fall import SUSPECTED
from gateway.scorecard.columns import in_columns
from gateway.scorecard.fall_activities import Deed, deed_of
from gateway.scorecard.fall_scoring import Figures, Scored, figures, stories

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.scorecard.fall_sets import FallSet

HEADINGS = (
    "集合 set", "通道 channel", "人群 who", "跌倒 falls", "日常 daily", "灵敏度 sens", "特异度 spec", "均衡 bal", "AUC",
    "误报/小时 false/h", "决定 s",
)  # fmt: skip

DEED_HEADINGS = ("集合 set", "通道 channel", "动作 activity", "次数 trials", "告警 told", "误报/小时 false/h")


def table(done: Iterable[tuple[FallSet, Sequence[Scored]]]) -> list[str]:
    """The lines of the table: for each channel everybody, elders, and people that the model has never seen."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for fall_set, scored in done:
        for who, some in _groups(scored).items():
            rows.append((fall_set.file, fall_set.channel, who, *_cells(figures(some))))
    return in_columns(rows)


def _groups(scored: Sequence[Scored]) -> Mapping[str, list[Scored]]:
    """Everybody, and who of them stands out; a group that is empty, or everybody again, is left out."""
    seen = [each for each in scored if each.seen]
    found = {"所有人 all" + ("（训练用过 seen in training）" if len(seen) == len(scored) else ""): list(scored)}
    if seen and len(seen) < len(scored):
        found["训练用过 seen in training"] = seen
        found["从未见过 never seen"] = [each for each in scored if not each.seen]
    elders = [each for each in scored if each.trial.elder]
    if elders and len(elders) < len(scored):
        found["老人 elders"] = elders
    return found


def _cells(found: Figures) -> tuple[str, ...]:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.4f}"

    per_hour = "–" if found.false_alarms_per_hour is None else f"{found.false_alarms_per_hour:.2f}"
    wait = "–" if found.decision_s is None else f"{found.decision_s:.1f}"
    return (
        str(found.falls), str(found.daily), share(found.sensitivity), share(found.specificity), share(found.balanced),
        share(found.area), f"{per_hour} ({found.false_alarms} / {found.hours:.1f} h)", wait,
    )  # fmt: skip


def deed_table(done: Iterable[tuple[FallSet, Sequence[Scored]]]) -> list[str]:
    """The lines of the table of activities: for each channel what was done, and how much of it was told as a fall."""
    rows: list[tuple[str, ...]] = [DEED_HEADINGS]
    for fall_set, scored in done:
        for deed, trials in by_deed(scored).items():
            told = sum(each.highest >= SUSPECTED for each in trials)
            hourly = "–" if deed is Deed.FALL else _hourly(trials)
            rows.append((fall_set.file, fall_set.channel, deed, str(len(trials)), str(told), hourly))
    return in_columns(rows)


def by_deed(scored: Iterable[Scored]) -> Mapping[Deed, list[Scored]]:
    """The trials of each activity that there are any of, in the order of `Deed`."""
    found: dict[Deed, list[Scored]] = {deed: [] for deed in Deed}
    for each in scored:
        found[deed_of(each.trial.subject, each.trial.activity, fall=each.trial.fall)].append(each)
    return {deed: trials for deed, trials in found.items() if trials}


def _hourly(trials: Iterable[Scored]) -> str:
    alarms = sum(stories(each.blows) for each in trials)
    hours = sum(each.length_s for each in trials) / 3600
    return f"{alarms / hours:.2f} ({alarms} / {hours:.2f} h)" if hours else "–"
