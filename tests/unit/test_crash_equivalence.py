"""A crash right before or right after any commit changes nothing that is remembered and nothing that is told.

Random days with every detector and people's decisions in between run through a real gateway (tests/crashing_box.py):
once in peace, and again with crashes. Compared are the alerts at the end and the ids of every delivery that reached
somebody. What was not acknowledged is said again by the broker; ticks are lost, as they are.

Every moment of a day lies in a slot of 30 s: ticks at 0 to 5 s, what sensors say at 10 to 14 s, decisions at 20 s.
A tick that is lost is so made up for by the next one before anything else happens, which is what one tick a second
does in a real home; and whether a row is sent before it is superseded does not hang on the second in which a late
alarm was noticed.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alerts.model import AlertKind, Outcome
from alerts.wire import Action
from gateway import journal
from tests.crashing_box import T0, Box, seconds, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLOT_S = 30
GAPS = (1, 1, 1, 1, 2, 3, 4, 6, 12, 25, 70, 130, 800)
"""Slots between two events: seconds in a busy minute up to a silence of almost seven hours."""

TICKS = 6
DAY_EVENTS = 25
BEGINNING = 2
"""Commits with which a life begins: the start is counted, the belief noted."""

LIMITS = {"silence_cap_s": 40_000, "ladder_round_s": 1808}
"""The ladder goes round in 1,988 s: its multiples are no whole numbers of slots for hours, so that no round is
skipped for a second's difference in noticing a late alarm."""

Fact = tuple[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happens in a slot."""

    at_s: float
    does: str
    who: str = ""
    what: Any = None


SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("button", {"action": "emergency", "linkquality": 90}),
    ("button", {"action": "emergency", "linkquality": 91, "battery": 80}),
    ("button", {"battery": 4}),
    ("button", {"battery": 97}),
    ("flag", {"sos": True}),
    ("flag", {"sos": True}),
    ("flag", {"sos": False}),
    ("door", {"contact": False}),
    ("door", {"contact": True, "battery": 60}),
    ("door", {"contact": False, "tamper": True}),
    ("motion", {"occupancy": True}),
    ("motion", {"occupancy": True, "battery": 50}),
    ("motion", {"occupancy": False}),
    ("smoke", {"smoke": True}),
    ("smoke", {"smoke": False, "battery_low": True}),
    ("smoke", {"smoke": False, "battery_low": False}),
    ("pendant", {"sos": "press"}),
    ("pendant", {"uptime_s": 5, "interval_s": 300, "battery_percent": 9}),
    ("radar", {"fall": "maybe"}),
    ("radar", {"fall": "fall"}),
    ("radar", {"fall": "lying"}),
    ("radar", {"fall": "none"}),
    ("strap", {"bed": "occupied"}),
    ("strap", {"bed": "empty"}),
    ("strap", {"uptime_s": 5, "interval_s": 300}),
)

HEARD: tuple[tuple[str, bytes], ...] = (
    ("zigbee2mqtt/bridge/state", b"offline"),
    ("zigbee2mqtt/bridge/state", b"online"),
    ("zigbee2mqtt/door/availability", b"offline"),
    ("zigbee2mqtt/door/availability", b"online"),
    ("shouwang/radar/status", b"offline"),
    ("shouwang/radar/status", b"online"),
    ("zigbee2mqtt/button", b"\xff{"),
    ("zigbee2mqtt/stranger", b'{"action": "emergency"}'),
)

DECIDED = (
    (Action.ACKNOWLEDGED, None),
    (Action.ACKNOWLEDGED, None),
    (Action.ATTENDED, None),
    (Action.CLOSED, Outcome.TRUE_ALARM),
    (Action.CLOSED, Outcome.FALSE_ALARM),
    (Action.CLOSED, None),
)


def day(seed: int, count: int) -> list[Event]:
    """A day of one home; the same seed gives the same day."""
    rng = random.Random(seed)  # noqa: S311 - a test's day
    events, slot = [], 0
    for _ in range(count):
        slot += rng.choice(GAPS)
        said_at = slot * SLOT_S + 10 + rng.randrange(4) + rng.random()
        at_once = [_said(rng, said_at) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        events += {event.who: event for event in at_once}.values()
        if rng.random() < 0.4:
            events.append(Event(at_s=slot * SLOT_S + 20, does="decides", what=(rng.randrange(9), *rng.choice(DECIDED))))
    return events


def _said(rng: random.Random, at_s: float) -> Event:
    if rng.random() < 0.2:
        topic, payload = rng.choice(HEARD)
        return Event(at_s=at_s, does="hears", who=topic, what=payload)
    device, facts = rng.choice(SAID)
    return Event(at_s=at_s, does="says", who=device, what=facts)


async def live(box: Box, events: list[Event]) -> None:
    """Has the box live through a day and 20 minutes more."""
    await box.start()
    await box.settle()
    slot = -1
    for event in events:
        if event.at_s // SLOT_S > slot:
            slot = int(event.at_s // SLOT_S)
            await _ticks(box, slot)
        await box.pass_to(T0 + seconds(event.at_s))
        if event.does == "says":
            await box.says(event.who, event.what)
        elif event.does == "hears":
            await box.hears(event.who, event.what)
        else:
            await box.decides(*event.what)
    for after in range(slot + 1, slot + 41):
        await _ticks(box, after)


async def _ticks(box: Box, slot: int) -> None:
    for n in range(TICKS):
        await box.pass_to(T0 + seconds(slot * SLOT_S + n))
        await box.tick()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What a day came to; `newest` is the latest revision of each alert that each contact was told."""

    alerts: list[tuple[object, ...]]
    newest: dict[tuple[str, str], int]
    commits: int
    kinds: frozenset[str]
    answers: frozenset[object]
    left: int


async def lived(
    folder: Path,
    patch: pytest.MonkeyPatch,
    seed: int,
    plan: Callable[[int, int], str],
    *,
    events: int = DAY_EVENTS,
    **limits: float,
) -> tuple[End, Box]:
    box = Box(settings_of(folder, **{**LIMITS, **limits}), plan, patch)
    try:
        await live(box, day(seed, events))
        return await _end(box), box
    finally:
        await box.stop()


async def _end(box: Box) -> End:
    alerts = await box.alerts()
    told = [
        (a.key, a.kind, a.severity, a.subject, a.reason, a.state, a.count, a.since, a.outcome, a.revision, a.by)
        for a in alerts
    ]
    return End(
        alerts=told,
        newest=box.far.newest,
        commits=box.power.commits,
        kinds=frozenset(f"{a.kind}/{a.reason}" for a in alerts),
        answers=frozenset(box.answers()),
        left=len(box.home.kept) + len(box.station.kept),
    )


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is tested is what is written, not whether the disk keeps it."""
    fast = Path("/dev/shm")  # noqa: S108 - the folder's own name is random
    where = Path(tempfile.mkdtemp(dir=fast)) if fast.is_dir() else tmp_path
    yield where
    shutil.rmtree(where)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes wait for nobody, and snapshots are frequent enough to be restored in every day."""
    monkeypatch.setattr(journal, "SOON_S", 0.0)
    monkeypatch.setattr(journal, "SNAPSHOT_READINGS", 7)


def peace(_commit: int, _this_life: int) -> str:
    return ""


def often(seed: int) -> Callable[[int, int], str]:
    """Before or after two of three commits; less often at the two with which every life begins, or none would end."""
    rng = random.Random(seed)  # noqa: S311 - a test's crashes
    return lambda _, this_life: rng.choice(("before", "after", "", *[""] * (4 if this_life < BEGINNING else 0)))


def once(number: int, when: str) -> Callable[[int, int], str]:
    return lambda commit, _: when if commit == number else ""


def same(end: End, peaceful: End) -> None:
    assert end.alerts == peaceful.alerts
    assert end.newest == peaceful.newest  # which rows carried it differs: where several are due, the newest goes
    assert end.answers == peaceful.answers
    assert end.left == peaceful.left == 0


@pytest.mark.parametrize(("wait_s", "seed"), [(0, 0), (0, 1), (30, 2), (30, 3)])
async def test_crashing_again_and_again_changes_nothing(
    memory: Path, monkeypatch: pytest.MonkeyPatch, seed: int, wait_s: float
):
    peaceful, _ = await lived(memory / "peace", monkeypatch, seed, peace, commit_wait_s=wait_s)
    end, box = await lived(memory / "crashes", monkeypatch, seed, often(seed), commit_wait_s=wait_s)
    same(end, peaceful)
    assert box.crashes > 60


@pytest.mark.parametrize("when", ["before", "after"])
async def test_one_crash_anywhere_changes_nothing(memory: Path, monkeypatch: pytest.MonkeyPatch, when: str):
    peaceful, _ = await lived(memory / "peace", monkeypatch, 11, peace, events=6)
    for number in range(peaceful.commits):
        end, box = await lived(memory / str(number), monkeypatch, 11, once(number, when), events=6)
        same(end, peaceful)
        assert box.crashes == (end.commits > number)


async def test_the_days_are_days_with_everything_in_them(memory: Path, monkeypatch: pytest.MonkeyPatch):
    happened: set[str] = set()
    for seed in range(4):
        end, _ = await lived(memory / str(seed), monkeypatch, seed, peace)
        happened |= {kind.split("/")[0] for kind in end.kinds}
    assert happened == set(AlertKind) - {AlertKind.TEST}  # a crash ends a test on purpose: test_trial_interleaved
