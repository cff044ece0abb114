"""What a heartbeat does to the station's store, and what is answered to it.

Theory of operation
-------------------
A heartbeat is news when it is later, or further in sequence, than the last one that came by the same path; a replayed
one is neither. What is news is stored, answered, and tells three things beyond "I live":

* *Which run of the process speaks.* An earlier run that speaks again is a second box of the same name. That is looked
  at in every heartbeat: a second box whose clock and count are behind says nothing that is news.
* *Which heartbeats the home knows to be stored here* (`confirmed`). When that is later, and further in sequence, than
  any that this store remembers, the store has been put back: a backup was restored. The home is asked to tell
  everything again that has changed since, in every answer until it says that it has. Later alone would suspect a home
  whose clock was put right, further alone two boxes that take turns.
* *Which paths it has.* So a path that never spoke is missed, too.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import to_json

from alerts.station.listening import Sign
from alerts.station.rows import RESTORED, stamp
from alerts.station.silence import notice_twins, raise_own
from alerts.wire import Heard

if TYPE_CHECKING:
    from sqlite3 import Connection, Row

    from alerts.wire import Heartbeat

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when everything is forgotten by a store that never heard of the home."""


UNSAID_S = 180.0
"""Between heartbeats of a home that does not say. Source: our choice: after so long it would be told silent."""


class Pulse(NamedTuple):
    """What a heartbeat came to.

    Args:
        answer: to publish; None when it is no newer than what came by this path before.
        news: there is something new to draw.
    """

    answer: Heard | None
    news: bool


def take_heartbeat(db: Connection, home: str, path: str, heartbeat: Heartbeat, at: datetime) -> Pulse:
    """Stores a heartbeat, unless it is no news."""
    last = _last(db, home)
    if path in last and not _is_news(heartbeat, last[path]):
        return Pulse(None, notice_twins(db, home, heartbeat, at))
    body = to_json(asdict(heartbeat)).decode()
    keep = "INSERT INTO homes (id, heartbeat) VALUES (?, ?) ON CONFLICT DO UPDATE SET heartbeat = excluded.heartbeat"
    db.execute(keep, (home, body))
    keep = "INSERT INTO paths (home, path, heartbeat) VALUES (?, ?, ?)"
    db.execute(f"{keep} ON CONFLICT DO UPDATE SET heartbeat = excluded.heartbeat", (home, path, body))
    _forget_paths(db, home, heartbeat)
    twins = notice_twins(db, home, heartbeat, at)
    restored, since = _missing(db, home, heartbeat, list(last.values()), at)
    return Pulse(Heard(sequence=heartbeat.sequence, forgotten_since=since), twins or restored)


def remembered_sign(row: Row) -> Sign:
    """The sign of life that a row of `paths` remembers."""
    beat = json.loads(row["heartbeat"]) if row["heartbeat"] else {}
    return Sign(row["home"], row["path"], beat.get("next_s"), beat.get("alone"), tuple(beat.get("paths", ())))


def _last(db: Connection, home: str) -> dict[str, Row]:
    """The last heartbeat of each path."""
    find = (
        "SELECT path, heartbeat ->> 'at' AS at, heartbeat ->> 'sequence' AS sequence FROM paths"
        " WHERE home = ? AND heartbeat IS NOT NULL"
    )
    return {row["path"]: row for row in db.execute(find, (home,)).fetchall()}


def _is_news(heartbeat: Heartbeat, last: Row) -> bool:
    later = heartbeat.at > datetime.fromisoformat(last["at"])
    return later or heartbeat.sequence > int(last["sequence"])


def _forget_paths(db: Connection, home: str, heartbeat: Heartbeat) -> None:
    """Drops the paths that the home no longer has."""
    marks = ", ".join("?" * len(heartbeat.paths))
    db.execute(f"DELETE FROM paths WHERE home = ? AND path NOT IN ({marks})", (home, *heartbeat.paths))  # noqa: S608 - marks


def _missing(
    db: Connection, home: str, heartbeat: Heartbeat, last: list[Row], at: datetime
) -> tuple[bool, datetime | None]:
    """Whether it is news that this store has been put back, and since when the home's word is missing."""
    raised = False
    remembered = max((datetime.fromisoformat(row["at"]) for row in last), default=EVER)
    further = heartbeat.confirmed > max((int(row["sequence"]) for row in last), default=0)
    if further and heartbeat.confirmed_at is not None and heartbeat.confirmed_at > remembered:
        db.execute("UPDATE homes SET forgotten_since = ? WHERE id = ?", (stamp(remembered), home))
        # every home finds it, each as of its own last heartbeat: what lies later by more is another restoration
        apart = timedelta(seconds=2 * (heartbeat.next_s or UNSAID_S))
        raised = bool(last) and raise_own(db, "", RESTORED, since=remembered, at=at, apart=apart)
    (missing,) = db.execute("SELECT forgotten_since FROM homes WHERE id = ?", (home,)).fetchone()
    since = datetime.fromisoformat(missing) if missing else None
    if since is not None and since == heartbeat.told_again:
        db.execute("UPDATE homes SET forgotten_since = NULL WHERE id = ?", (home,))
        return raised, None
    return raised, since
