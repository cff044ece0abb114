"""What the page says of tests: when the chain was proved and is due, what each test came to, and the paths. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.trial_run import Stage
from gateway.web.page import Judged, Row
from gateway.web.words import CHAIN, CONTACT, PART_STATES, PATHS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.trial_run import Row as Tried
    from gateway.trial_run import Run
    from gateway.web.page import Reader
    from gateway.web.view import PathTested, Status


def proof(status: Status, reader: Reader) -> Judged | None:
    """When the chain was last proved and when it is due, in one line; None where nobody asks for tests."""
    tested, due = status.tested_at, status.test_due_at
    if due is None:
        return None
    last = reader.clock(tested) if tested is not None else ""
    if due <= status.at:
        words = reader.says(CHAIN["due" if last else "never"]).format(last=last)
        return Judged(tone="due", words=words)
    return Judged(tone="done", words=reader.says(CHAIN["done"]).format(last=last, next=reader.clock(due)))


def path_rows(tests: Sequence[PathTested], reader: Reader) -> list[Row]:
    """The daily tests of the paths, those that failed first."""
    return [
        Row(
            name=_path(test.path, reader),
            words=reader.says(PART_STATES[test.ok]),
            aside=f"{reader.clock(test.at)} · {test.told}",
            ok=test.ok,
        )
        for test in sorted(tests, key=lambda test: test.ok)
    ]


def _path(path: str, reader: Reader) -> str:
    if path in PATHS:
        return reader.says(PATHS[path])
    return reader.says(CONTACT).format(path.removeprefix("contact "))


def past(runs: Sequence[Run], names: Mapping[str, str], reader: Reader) -> list[Row]:
    """The latest tests, one line each: when, by whom, and what did not work."""
    return [
        Row(
            name=reader.clock(run.began_at),
            words=reader.says(CHAIN["passed" if run.passed else "failed"]),
            aside=" · ".join([run.by, *(_tried(row, names, reader) for row in run.rows)]),
            ok=run.passed,
        )
        for run in runs
    ]


def _tried(row: Tried, names: Mapping[str, str], reader: Reader) -> str:
    name = names.get(row.device, row.device)
    if row.worked:
        return f"{name} ✓"
    if row.stage is not Stage.TEST:
        return f"{name} ✕ {reader.says(CHAIN['real' if row.stage in {Stage.REAL, Stage.HELD} else 'silent'])}"
    missing = [telling.contact for telling in row.tellings if not telling.worked]
    return f"{name} ✕ {'、'.join(missing)}"
