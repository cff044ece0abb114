"""Make `gateway/detection/prior.json`, the silences of other homes, from the public recordings; bit for bit the same.

Every recording goes through the pipeline as a box would have heard it, and what it notes of silences at home is counted
by the hour in which they began and by their length, in steps of a sixth. Days, order and places are left out, so that
no recording can be restored. docs/inactivity.md is the card.

    python -m benchmarks.inactivity.make_prior [--check]

With --check nothing is written; the exit code is 1 if the shipped file is another one.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devices.reading import Tick
from gateway.detection import pipeline, prior
from gateway.detection.profile import IN_BED, NOTED_S
from gateway.recordings import open_recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.detection.profile import Silence

RECORDINGS = {
    "Ordonez B": "ordonezB_sensors.csv.gz",
    "Kasteren A": "kasterenA_sensors.csv.gz",
    "Aruba": "aruba_episodes_days001-140.csv.gz",
}
STEP = 7 / 6
"""Between two lengths. Source: our choice: 20 min to 12 h in 24 steps, fine enough for a limit."""


def noted(path: Path) -> Iterator[tuple[Silence, str]]:
    """Every silence that the pipeline notes in a recording, and the place where it began."""
    recording = open_recording(path)
    home = replace(recording.home, prior=None)
    state = None
    for reading in recording.readings:
        state = state or pipeline.start(home, reading.at)
        while state.next_due < reading.at:
            state, _ = pipeline.step(home, state, Tick(at=state.next_due))
        before = state.profile
        state, _ = pipeline.step(home, state, reading)
        if state.profile is not before:
            silence = state.profile.today[-1]
            yield silence, state.profile.places[silence.place]


def counted(path: Path) -> dict[str, Any]:
    """A recording as it is shipped: rows of hour, hours lasted, silences a day."""
    counts: Counter[tuple[bool, int, int]] = Counter()
    days = set()
    for silence, place in noted(path):
        step = max(0, math.floor(math.log(silence.lasted_min * 60 / NOTED_S) / math.log(STEP)))
        counts[place.endswith(IN_BED), silence.minute // 60, step] += 1
        days.add(silence.day)
    rows: dict[bool, list[list[float]]] = {False: [], True: []}
    for (in_bed, hour, step), count in sorted(counts.items()):
        lasted_h = NOTED_S / 3600 * STEP ** (step + 0.5)
        rows[in_bed].append([hour + 0.5, round(lasted_h, 2), round(count / len(days), 4)])
    first, last = (date.fromordinal(day).isoformat() for day in (min(days), max(days)))
    return {"first": first, "last": last, "up": rows[False], "in_bed": rows[True]}


def written(data: Path) -> str:
    """The file's text, a row a line."""
    homes = {name: counted(data / file) for name, file in RECORDINGS.items()}
    text = json.dumps({"homes": homes}, indent=1)
    return text.replace("[\n     ", "[").replace(",\n     ", ", ").replace("\n    ]", "]") + "\n"


def main() -> int:
    """Write the file, or compare it."""
    text = written(Path(os.environ.get("SHOUWANG_DATA", "../shared/data")))
    shipped = Path(prior.__file__).with_name(prior.FILE)
    if "--check" in sys.argv[1:]:
        same = shipped.read_text(encoding="utf-8") == text
        print("the same" if same else "another one")
        return 0 if same else 1
    shipped.write_text(text, encoding="utf-8")
    print(f"{shipped}: {len(text):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
