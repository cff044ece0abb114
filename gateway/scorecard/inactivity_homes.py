"""The recorded homes in a folder, with what people wrote down of them; a file that is none is told, the others go on.

A file of labels alone (`start,end,activity`) belongs to the recording whose name differs only in the word: `adls`,
`labels` or `activities` instead of `sensors`. Sets of worn accelerometers, which `shouwang score falls` reads, are
passed over.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from gateway.recorded import NotARecording
from gateway.recordings import open_labels, open_recording
from gateway.scorecard.inactivity_home import RecordedHome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gateway.detection.home import Home
    from gateway.recorded_labels import Labels

SHORTEST_S = 86400.0
"""A recording that is shorter says nothing of false alarms a week."""

_SUFFIXES = frozenset({"", ".csv", ".tsv", ".txt", ".data", ".gz", ".npz", ".db", ".sqlite", ".sqlite3"})
_HOLDS = re.compile(r"[-_. ]*(adls?|labels?|activities|sensors?|events?)(?=\W|_|$)", re.IGNORECASE)


class Unusable(NamedTuple):
    """A file that cannot be scored: its name, why, and what to do."""

    name: str
    why: str


def read_folder(folder: Path, home: Home | None = None) -> Iterator[RecordedHome | Unusable]:
    """The recorded homes of a folder, in order of their names, and the files that are none.

    Args:
        folder: where they lie.
        home: the home of our own stored readings, where a configuration tells.
    """
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix.casefold() in _SUFFIXES]
    worn = {_stem(path) for path in files if _is_worn(path)}
    for path in files:
        if _stem(path) in worn:
            continue
        try:
            yield _read(path, files, home)
        except NotARecording as error:
            if not _is_spoken_for(path, files):
                yield Unusable(path.name, str(error))


def _read(path: Path, files: Sequence[Path], home: Home | None) -> RecordedHome:
    recording = open_recording(path, home)
    readings = list(recording.readings)
    length_s = (readings[-1].at - readings[0].at).total_seconds() if readings else 0.0
    if length_s < SHORTEST_S:
        raise NotARecording(f"{path}: 不足一天；请给更长的记录 / shorter than a day; give a longer recording")
    return RecordedHome(path.name, recording.home, readings, recording.labels or _labels(path, files))


def _labels(path: Path, files: Sequence[Path]) -> Labels | None:
    """What people wrote down of a recording in a file beside it."""
    beside = (other for other in files if other != path and _subject(other) == _subject(path))
    return next(filter(None, map(open_labels, beside)), None)


def _is_spoken_for(path: Path, files: Sequence[Path]) -> bool:
    """Whether a file holds the labels of another one."""
    beside = any(other != path and _subject(other) == _subject(path) for other in files)
    return beside and open_labels(path) is not None


def _is_worn(path: Path) -> bool:
    """Whether a file holds what somebody wore."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(re.fullmatch(r"(.*_)?acc(_d)?\.npy", name) for name in archive.namelist())


def _subject(path: Path) -> str:
    """A file's name without the word that says what it holds of its home."""
    return _HOLDS.sub("", path.name.partition(".")[0]).casefold()


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]
