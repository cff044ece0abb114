"""The scorecard of inactivity in words: a table for the terminal, and everything as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.scorecard.columns import in_columns
from gateway.scorecard.inactivity_home import COLLAPSES, OURS, STATES, VARIANTS
from gateway.scorecard.inactivity_pooled import ALL, best_fixed, default

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alerts.model import Detection
    from gateway.scorecard.inactivity_figures import Figure, Rates
    from gateway.scorecard.inactivity_home import Day, Scored
    from gateway.scorecard.inactivity_pooled import Point, Scorecard

_HEADINGS = (
    "住户 home", "天 days", "误报 false", "误报/周 false/week", "醒时 awake: 误报/周", "延迟 delay h",
    "睡时 asleep: 误报/周", "延迟 delay h", "没等到 missed",
)  # fmt: skip
_RIVALS = ("方法 method", "设定 knob", "误报/周 false/week", "醒时延迟 awake h", "睡时延迟 asleep h")
_POOLED = "合计 pooled"


def table(card: Scorecard) -> Iterator[str]:
    """The lines of the table."""
    homes, ours = card.homes, default(card.pooled)
    yield ""
    yield f"出厂设置下的守望（每户 {COLLAPSES} 次醒时、{COLLAPSES} 次睡时的模拟倒下；括号内为 95% 区间）"
    yield f"Shouwang as shipped ({COLLAPSES} collapses awake and as many asleep in each home; 95 % intervals)"
    rows = [(home.name, f"{home.days:.0f}", default(card.own[home.name])) for home in homes]
    total = (_POOLED, f"{sum(home.days for home in homes):.0f}", ours)
    yield from in_columns([_HEADINGS, *((name, days, *_cells(point)) for name, days, point in [*rows, total])])
    yield ""
    yield "误报不多于守望时，各种方法的最好设定 / every method at its best setting that tells no more often than ours"
    yield from in_columns([_RIVALS, *_compared(homes, card.pooled)])
    yield ""
    yield "头 15 天，静默多久会告警（小时，平均 / 最长）/ how long a silence could last at first (h, mean / longest)"
    yield from in_columns(_early(homes))
    yield ""
    yield from _false_alarms(homes)


def _cells(point: Point) -> tuple[str, ...]:
    awake, asleep, both = point.rates["awake"], point.rates["asleep"], point.rates[ALL]
    return (
        str(both.false_alarms),
        _with_interval(both.false_per_week),
        _number(awake.false_per_week.value),
        _with_interval(awake.mean_delay_h),
        _number(asleep.false_per_week.value),
        _with_interval(asleep.mean_delay_h),
        f"{both.missed:.1%}",
    )


def _compared(homes: Sequence[Scored], pooled: Sequence[Point]) -> Iterator[tuple[str, ...]]:
    """Ours, then every rival: the setting with the shortest delay awake among those that tell no more often."""
    ours = default(pooled)
    allowed = _value(ours.rates[ALL].false_per_week)
    yield _row(ours, "–")
    yield from (_row(point, "–") for point in pooled if point.method in VARIANTS)
    for method in dict.fromkeys(point.method for point in pooled if point.method not in {OURS, *VARIANTS}):
        settings = [point for point in pooled if point.method == method]
        quiet = [point for point in settings if _value(point.rates[ALL].false_per_week) <= allowed]
        if quiet:
            best = min(quiet, key=lambda point: _value(point.rates["awake"].mean_delay_h))
            yield _row(best, f"{best.knob:g}")
        else:
            yield (method, "–", f"> {allowed:.2f}", "–", "–")
    for counted, name in ((ALL, "best fixed limit of each home, in hindsight"), ("", "… and told when she sleeps")):
        yield _hindsight(homes, ours, counted, name)


def _hindsight(homes: Sequence[Scored], ours: Point, counted: str, name: str) -> tuple[str, ...]:
    chosen = []
    for state in STATES:
        counts = counted or state
        chosen.append(best_fixed(homes, state, _value(ours.rates[counts].false_per_week), counted=counts))
    hours = "/".join(
        f"{min(one.hours.values()):.1f}-{max(one.hours.values()):.1f}" for one in chosen[: 1 if counted else 2]
    )
    return (name, f"{hours} h", "=", *(_number(one.rates.mean_delay_h.value) for one in chosen))


def _row(point: Point, knob: str) -> tuple[str, ...]:
    rates = point.rates
    return (
        point.method,
        knob,
        _number(rates[ALL].false_per_week.value),
        _number(rates["awake"].mean_delay_h.value),
        _number(rates["asleep"].mean_delay_h.value),
    )


def _early(homes: Sequence[Scored]) -> Iterator[tuple[str, ...]]:
    numbers = (0, 1, 3, 7, 10, 14)
    yield ("", *(f"第 {number} 天 day" for number in numbers))
    for home in homes:
        for state in STATES:
            days = {day.number: day for day in home.early[state]}
            cells = (_limits(days.get(number)) for number in numbers)
            yield (f"{home.name} {state}", *cells)


def _limits(day: Day | None) -> str:
    if day is None or day.mean_h is None or day.longest_h is None:
        return "–"
    return f"{day.mean_h:.1f} / {day.longest_h:.1f}"


def _false_alarms(homes: Sequence[Scored]) -> Iterator[str]:
    yield "误报 / false alarms"
    for home in homes:
        for told, place in home.told:
            silent_h = (told.at - told.since).total_seconds() / 3600
            what = f"{told.subject}: {told.reason}"
            yield f"  {home.name}  {told.at:%Y-%m-%d %H:%M}Z  {silent_h:.1f} h  {what}  ({place})"


def content(card: Scorecard, refused: dict[str, str]) -> dict[str, object]:
    """Everything as JSON: by home, pooled, and every curve."""
    return {
        "homes": {home.name: _home(home, card.own[home.name]) for home in card.homes},
        "pooled": {
            **_states(default(card.pooled)),
            "curve": _curve(card.pooled),
            "hindsight": _chosen(card.homes, default(card.pooled)),
            "homes": len(card.homes),
        },
        "refused": refused,
        "collapses_per_state": COLLAPSES,
    }


def _home(home: Scored, own: Sequence[Point]) -> dict[str, object]:
    return {
        **_states(default(own)),
        "days": home.days,
        "readings": home.readings,
        "labelled": home.labelled,
        "false_alarms": [_alarm(told, place) for told, place in home.told],
        "early": {state: [_day(day) for day in home.early[state]] for state in STATES},
        "hindsight": _chosen([home], default(own)),
        "curve": _curve(own),
    }


def _states(point: Point) -> dict[str, object]:
    return {state: _rates(point.rates[state]) for state in (*STATES, ALL)}


def _curve(some: Iterable[Point]) -> dict[str, list[dict[str, object]]]:
    curves: dict[str, list[dict[str, object]]] = {}
    for point in some:
        curves.setdefault(point.method, []).append({"knob": point.knob, **_states(point)})
    return curves


def _chosen(homes: Sequence[Scored], ours: Point) -> dict[str, object]:
    """The best fixed limits at our own rate of false alarms, by state; and where each state may have its own limit."""
    found: dict[str, object] = {}
    for state in STATES:
        for counted, name in ((ALL, state), (state, f"{state}_known")):
            allowed = _value(ours.rates[counted].false_per_week)
            chosen = best_fixed(homes, state, allowed, counted=counted)
            found[name] = {"limit_h": chosen.hours, "mean_delay_h": chosen.rates.mean_delay_h.value}
    return found


def _rates(rates: Rates) -> dict[str, object]:
    return {
        "false_per_week": rates.false_per_week.value,
        "false_per_week_95": [rates.false_per_week.low, rates.false_per_week.high],
        "mean_delay_h": rates.mean_delay_h.value,
        "mean_delay_h_95": [rates.mean_delay_h.low, rates.mean_delay_h.high],
        "median_delay_h": rates.median_delay_h,
        "late_delay_h": rates.late_delay_h,
        "false_alarms": rates.false_alarms,
        "weeks": rates.weeks,
        "collapses": rates.collapses,
        "missed": rates.missed,
        "standing": rates.standing,
    }


def _alarm(told: Detection, place: str) -> dict[str, object]:
    return {
        "at": told.at.isoformat(),
        "since": told.since.isoformat(),
        "subject": told.subject,
        "reason": told.reason,
        "truly": place,
        "evidence": dict(told.evidence),
    }


def _day(day: Day) -> dict[str, object]:
    return {"day": day.number, "mean_h": day.mean_h, "longest_h": day.longest_h, "missed": day.missed}


def _value(figure: Figure) -> float:
    return float("inf") if figure.value is None else figure.value


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _with_interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return _number(figure.value)
    return f"{_number(figure.value)} ({figure.low:.2f}-{figure.high:.2f})"
