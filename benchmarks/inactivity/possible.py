"""What limits by the clock could reach at best: one for each home and each two hours, chosen with all days known.

    python benchmarks/inactivity/possible.py FOLDER

For each number of false alarms in all, the limits that make the mean delay of all collapses least, by dynamic
programming over the slots of all homes. No detector that knows the clock alone can do better; more than that takes
knowing more: the room, the bed, what she did before.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gateway.scorecard.inactivity_home import STATES, RecordedHome, Scoring
from gateway.scorecard.inactivity_homes import read_folder

SLOT_S = 2 * 3600
LIMITS_H = np.arange(1, 12.01, 0.25)
BUDGETS = (0, 5, 10, 15, 20, 30, 40)


class Option(NamedTuple):
    """What a limit adds to the sum of delays by state, in hours, as a share of a home's collapses."""

    awake_h: float
    asleep_h: float


def options(scoring: Scoring, slot: int) -> dict[int, Option]:
    """Give the best option for each number of false alarms that silences begun in a slot may cost."""
    since, end = scoring.recorded.since, scoring.recorded.end
    mine = since % 86400 // SLOT_S == slot
    found: dict[int, Option] = {}
    for limit_h in LIMITS_H:
        false = int((since[mine] + limit_h * 3600 < end[mine]).sum())
        option = Option(*(_delay_h(scoring, state, slot, limit_h) for state in STATES))
        if false not in found or sum(option) < sum(found[false]):
            found[false] = option
    return found


def _delay_h(scoring: Scoring, state: str, slot: int, limit_h: float) -> float:
    silences, owner, at_s = scoring.collapses[state]
    first = np.unique(owner, return_index=True)[1]
    since, at = silences.since[first], at_s[owner[first]]
    waits_h = (since + limit_h * 3600 - at) / 3600
    counted = (since % 86400 // SLOT_S == slot) & (waits_h > 0)
    return float(waits_h[counted].sum()) / max(1, at_s.size)


def best(every: list[dict[int, Option]], budget: int) -> Option | None:
    """Give the least delays that cost at most so many false alarms; none where no limits are that quiet."""
    reached = {0: Option(0.0, 0.0)}
    for slot in every:
        after: dict[int, Option] = {}
        for so_far, had in reached.items():
            for false, more in slot.items():
                total, both = so_far + false, Option(had.awake_h + more.awake_h, had.asleep_h + more.asleep_h)
                if total <= budget and (total not in after or sum(both) < sum(after[total])):
                    after[total] = both
        reached = after
    return min(reached.values(), key=sum, default=None)


def main() -> None:
    """Print the table."""
    scorings = [
        Scoring(each, lambda _doing, _number: None)
        for each in read_folder(Path(sys.argv[1]))
        if isinstance(each, RecordedHome)
    ]
    weeks = sum(scoring.days for scoring in scorings) / 7
    every = [options(scoring, slot) for scoring in scorings for slot in range(86400 // SLOT_S)]
    print("false alarms   a week   awake h   asleep h")
    for budget in BUDGETS:
        found = best(every, budget)
        if found is None:
            continue
        awake_h, asleep_h = (one / len(scorings) for one in found)
        print(f"{budget:12} {budget / weeks:8.2f} {awake_h:9.2f} {asleep_h:10.2f}", flush=True)


if __name__ == "__main__":
    main()
