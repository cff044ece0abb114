"""Plots of how soon a collapse is told: delay against false alarms a week, and how the limit tightens at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.scorecard.chart import Axis, Chart, Series
from gateway.scorecard.inactivity_home import OURS, STATES, VARIANTS
from gateway.scorecard.inactivity_pooled import ALL, best_fixed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gateway.scorecard.inactivity_home import Scored
    from gateway.scorecard.inactivity_pooled import Point, Scorecard

FALSE_MAX = 2.5
"""False alarms a week up to which a curve is drawn: nobody would keep a box that tells more often."""
LIMIT_MAX_H, LIMIT_STEPS = 12.0, 6
PUBLISHED = (0.63, 5.39)
"""False alarms a week and mean delay in hours of the best published method, on other homes.
Source: Wilhelm and Wahl, Sensors 2024, 24(20):6583."""
_HINDSIGHT_STEPS = 50


def draw(card: Scorecard, folder: Path) -> Iterator[Path]:
    """Draw everything into a folder, as PNG and as SVG; yield what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, chart in _charts(card):
        (folder / f"{name}.svg").write_text(chart.svg(), encoding="utf-8")
        (folder / f"{name}.png").write_bytes(chart.png())
        yield folder / f"{name}.svg"
        yield folder / f"{name}.png"


def _charts(card: Scorecard) -> Iterator[tuple[str, Chart]]:
    homes = card.homes
    for state in STATES:
        yield (
            f"inactivity_{state}",
            _curves(homes, card.pooled, state, f"Collapse while {state}: {len(homes)} homes together"),
        )
        for home in homes:
            name = home.name.partition(".")[0]
            yield (
                f"inactivity_{state}_{name}",
                _curves([home], card.own[home.name], state, f"Collapse while {state}: {name}"),
            )
        yield f"inactivity_first_days_{state}", _first_days(homes, state)


def _curves(homes: Sequence[Scored], own: Sequence[Point], state: str, title: str) -> Chart:
    """Ours as it is shipped, our knob, and every rival."""
    by_method: dict[str, list[Point]] = {}
    for point in own:
        by_method.setdefault(point.method, []).append(point)
    lines = [Series(name, _line(some, state)) for name, some in by_method.items() if name not in VARIANTS]
    best = Series("best fixed limits, in hindsight", _hindsight(homes, state))
    shipped = Series(
        f"{OURS} as shipped", _line([point for point in by_method[OURS] if point.knob is None], state), dots=True
    )
    published = Series("best published, on other homes", [PUBLISHED], dots=True)
    across = Axis("false alarms a week, awake and asleep", 0.0, FALSE_MAX)
    up = Axis("mean delay, h", 0.0, LIMIT_MAX_H, LIMIT_STEPS)
    return Chart(title=title, across=across, up=up, series=[*lines, best, shipped, published], names_above=True)


def _line(some: Sequence[Point], state: str) -> list[tuple[float, float]]:
    """Delay by false alarms, the quietest last, up to what is drawn."""
    found = [(point.rates[ALL].false_per_week.value, point.rates[state].mean_delay_h.value) for point in some]
    return sorted(
        (false, delay) for false, delay in found if false is not None and delay is not None and false <= FALSE_MAX
    )


def _hindsight(homes: Sequence[Scored], state: str) -> list[tuple[float, float]]:
    allowed = (FALSE_MAX * step / _HINDSIGHT_STEPS for step in range(_HINDSIGHT_STEPS + 1))
    chosen = (best_fixed(homes, state, at, counted=ALL) for at in allowed)
    found = {one.false_per_week: one.rates.mean_delay_h.value for one in chosen}
    return [(false, delay) for false, delay in sorted(found.items()) if delay is not None]


def _first_days(homes: Sequence[Scored], state: str) -> Chart:
    lines = [
        Series(
            home.name.partition(".")[0],
            [(float(day.number), day.mean_h) for day in home.early[state] if day.mean_h is not None],
        )
        for home in homes
        if home.early[state]
    ]
    title = f"How long a silence could last on the first days, {state} (mean)"
    across, up = Axis("day", 0.0, 15.0), Axis("limit, h", 0.0, LIMIT_MAX_H, LIMIT_STEPS)
    return Chart(title=title, across=across, up=up, series=lines)
