"""What the page may know of the home: the belief and the store, put into the plain values of `gateway.web.view`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.lifecycle import IllegalStep, Step
from alerts.model import SEVERITY_RANK
from devices.reading import Kind, Reading
from gateway import household
from gateway.coverage_seen import CoverageShown
from gateway.detection import inactivity, pipeline, silence, trends, weak
from gateway.detection.presence import Place
from gateway.judge import UnknownAlert
from gateway.web import view as seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.model import Alert, Outcome
    from gateway.app import App
    from gateway.detection.pipeline import State
    from gateway.trials import Trials

SHOWN = frozenset(Kind) - {
    Kind.BATTERY, Kind.BATTERY_LOW, Kind.HEARTBEAT, Kind.AVAILABILITY, Kind.PLAYED,
    Kind.RUNTIME, Kind.TROUBLE, Kind.IMPACT, Kind.AFTER, Kind.WORN,
    Kind.TRIAL,
}  # fmt: skip
"""Kinds of readings that a day's timeline shows."""

READ_AT_ONCE = 20_000
"""Readings that a timeline looks through at most. Source: our choice: ten days of a home of 2,000 a day."""

LOOK_BACK = timedelta(days=1)
"""How far back to look for what still stood when a timeline begins: a night's sleep. Source: our choice."""

STEPS: dict[seen.Action, Step] = {"acknowledge": Step.ACKNOWLEDGED, "attend": Step.ATTENDED, "close": Step.CLOSED}


class Glance:
    """The home as the API shows it; implements `gateway.web.view.HomeView`.

    Args:
        app: the running gateway.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._bed = household.bed_of(app.settings)
        self._coverage = CoverageShown(app.watch.rules.home, self._bed)

    @property
    def bed(self) -> BedInfo:
        """Whose home it is."""
        return self._bed

    @property
    def timezone(self) -> ZoneInfo:
        """The home's."""
        return self._app.settings.home.timezone

    def status(self) -> seen.Status:
        """The home at this moment."""
        now = self._app.clock.now()
        belief = self._app.watch.belief
        state = belief.state
        away = state.presence.place is Place.AWAY
        return seen.Status(
            at=now,
            presence=seen.PresenceSeen(
                place=state.presence.place.value,
                since=state.presence.since,
                evidence=state.presence.evidence.value,
                confidence=state.presence.confidence.value,
            ),
            last_sign=self._last_sign(state),
            silent_for_s=0.0 if away else max(0.0, (now - state.quiet_since).total_seconds()),
            inactivity_limit_s=None if away else inactivity.limit_s(self._app.watch.rules.home, state),
            watch=tuple(self._parts(now)),
            devices=tuple(self._devices(state)),
            path_tests=tuple(
                seen.PathTested(path=test.path, at=test.at, ok=test.ok, told=test.told)
                for test in self._app.path_tester.latest()
            ),
            tested_at=self._app.trials.proved_at,
            test_due_at=self._app.trials.due_at,
            coverage=self._coverage.show(state, now),
            trends=tuple(_trends(state)),
            live=tuple(sorted(belief.alerts.values(), key=lambda a: (SEVERITY_RANK[a.severity], a.opened_at))),
        )

    @property
    def trials(self) -> Trials:
        """The tests of the chain."""
        return self._app.trials

    def health(self) -> seen.Health:
        """Whether anybody keeps watch at this moment."""
        missing = list(self._app.rounds.pulse().missing())
        missing += self._paths_missing()
        if not self._app.clock.trusted:
            missing.append("clock_not_trusted")
        return seen.Health(watching=not {"broker_down", "ticks_stale"} & set(missing), troubles=tuple(missing))

    async def changed(self, number: int) -> int:
        """Wait until something new could be shown."""
        return await self._app.watch.journal.news.after(number)

    async def timeline(self, *, since: datetime, until: datetime, limit: int) -> Sequence[seen.Happening]:
        """Give the latest happenings of a time, oldest first."""
        readings = await self._app.recall.readings_since(since - LOOK_BACK, READ_AT_ONCE)
        readings = [r for r in readings if r.at < until]
        found = [self._happened(r) for r in _news(readings, since) if r.kind in SHOWN]
        found += await asyncio.to_thread(self._moved, readings, since)
        for alert in await self._app.recall.alerts_since(since):
            history = await self._app.recall.history(alert.key)
            found += [self._told(alert, at, state) for at, _, state, *_ in history if since <= at < until]
        return sorted(found, key=lambda happening: happening.at)[-limit:]

    async def alerts(self, *, live: bool, limit: int) -> Sequence[Alert]:
        """Give the latest alerts, newest first."""
        if live:
            return sorted(self._app.watch.belief.alerts.values(), key=lambda a: a.opened_at, reverse=True)[:limit]
        return await self._app.recall.alerts(limit)

    async def decide(self, key: str, action: seen.Action, *, by: str, outcome: Outcome | None, note: str) -> Alert:
        """Record what a person decided, and return after the commit."""
        step = STEPS[action]
        try:
            alert = self._app.watch.decide(key, step, by=by, at=self._app.clock.now(), outcome=outcome, note=note)
        except UnknownAlert as error:
            raise seen.UnknownAlertError(key) from error
        except IllegalStep as error:
            raise seen.DecisionRefusedError(
                "illegal_step",
                sentence_zh=f"这条告警现在是“{error.alert.state}”状态，不能这样处理；请刷新页面看看谁在处理。",
                sentence_en=str(error),
            ) from error
        except ValueError as error:
            raise seen.DecisionRefusedError(
                "no_outcome", sentence_zh="办结时要选择处置结果。", sentence_en=str(error)
            ) from error
        committed = asyncio.Event()
        self._app.watch.journal.after_commit(committed.set)
        await committed.wait()
        return alert

    async def refusals(self, limit: int) -> Sequence[seen.RefusalSeen]:
        """Give the latest refused messages, newest first."""
        return [
            seen.RefusalSeen(at=r.last_at, reason=r.reason, topic=r.topic, detail=r.detail, count=r.count)
            for r in await self._app.recall.refusals(limit)
        ]

    def _paths_missing(self) -> list[str]:
        paths = self._app.paths
        if paths is None or all(path.link.connected and not path.state.lost for path in paths):
            return []
        alive = any(path.link.connected and not path.state.lost for path in paths)
        return ["station_path_down" if alive else "station_down"]

    def _last_sign(self, state: State) -> seen.SignOfLife | None:
        sign = state.last_sign
        if sign is None:
            return None
        return seen.SignOfLife(at=sign.at, room=self._room(sign.room), device=self._device(sign.device))

    def _parts(self, now: datetime) -> Iterable[seen.Part]:
        for name, (up, sentence, since) in self._app.links.items():
            yield seen.Part(name=name, ok=up, since=since, detail="" if up else sentence)
        trouble = self._app.store.trouble
        yield seen.Part(name="store", ok=not trouble, detail=trouble)
        clock = self._app.clock
        yield seen.Part(name="clock", ok=clock.trusted and not clock.astray)
        for name, outage in self._app.watch.belief.state.trouble.down.items():
            if outage.bridge:
                yield seen.Part(name="bridge", ok=False, since=min(outage.since, now), detail=name)

    def _devices(self, state: State) -> Iterable[seen.DeviceSeen]:
        limits = self._app.settings.limits
        for device in self._app.settings.devices:
            known = state.devices.get(device.id)
            battery = known.battery if known else None
            low = battery is not None and battery <= limits.battery_low_percent
            yield seen.DeviceSeen(
                id=device.id,
                name=device.name,
                room=self._room(device.room),
                role=device.role,
                mains=self._app.watch.rules.home.devices[device.id].mains,
                last_heard=known.last_heard if known else None,
                battery_percent=battery,
                battery_low=low or (known is not None and Kind.BATTERY_LOW in known.levels),
                ok=silence.is_alive(state, device.id),
                weak=weak.named(state, device.id),
            )

    def _happened(self, reading: Reading) -> seen.Happening:
        device = self._app.watch.rules.home.devices.get(reading.device_id)
        return seen.Happening(
            at=reading.at,
            source="reading",
            kind=reading.kind.value,
            value=reading.value,
            room=self._room(device.room) if device else "",
            device=self._device(reading.device_id),
        )

    def _moved(self, readings: Iterable[Reading], since: datetime) -> list[seen.Happening]:
        """Say when the person's place changed, by living through the readings once more."""
        home, state = self._app.watch.rules.home, None
        found: list[seen.Happening] = []
        for reading in readings:
            before = state or pipeline.start(home, reading.at)
            state, _ = pipeline.step(home, before, reading)
            if state.presence.place is not before.presence.place:
                at, place = max(state.presence.since, since), state.presence.place.value
                found = [h for h in found if h.at < at]
                found.append(seen.Happening(at=at, source="presence", kind=place))
        return found

    def _told(self, alert: Alert, at: datetime, state: str) -> seen.Happening:
        room = alert.evidence.get("room")
        return seen.Happening(
            at=at,
            source="alert",
            kind=alert.kind.value,
            value=state,
            room=self._room(str(room)) if room else "",
            device=self._device(alert.device) if alert.device else "",
        )

    def _room(self, room_id: str) -> str:
        return self._bed.rooms.get(room_id, room_id)

    def _device(self, device_id: str) -> str:
        return self._bed.devices.get(device_id, device_id)


def _trends(state: State) -> Iterable[seen.TrendSeen]:
    for trend in trends.trends(state.routine.records):
        yield seen.TrendSeen(name=trend.name, week=trend.week, before=trend.before, change=trend.change.value)


def _news(readings: Iterable[Reading], since: datetime) -> Iterable[Reading]:
    """Leave out levels that only repeat what stood, and tell at `since` what stood then."""
    stands: dict[tuple[str, Kind], Reading] = {}
    begun = False
    for reading in readings:
        if not begun and reading.at >= since:
            begun = True
            yield from (replace(held, at=since) for held in stands.values() if held.value is True)
        name = (reading.device_id, reading.kind)
        repeats = isinstance(reading.value, bool) and name in stands and stands[name].value is reading.value
        stands[name] = reading
        if reading.at >= since and not (repeats and reading.kind is not Kind.MOTION):
            yield reading
