"""Puts a household on the air: its time from the clock, its messages to the broker, its commands from a stream.

Everything for people and programs comes out as JSON lines; see `firmware_sim.control` for what goes in.
"""

from __future__ import annotations

import asyncio
import json
import math
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from firmware_sim import bridge, native
from firmware_sim.clock import HomeClock, real_now
from firmware_sim.control import Command, obey, read_command, text
from firmware_sim.effects import Effect, Line, Spoken, Staged
from firmware_sim.identity import Broker, Identity
from firmware_sim.message import Message
from firmware_sim.refused import Refused
from firmware_sim.session import Session
from firmware_sim.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.household import Household

SLOWEST, FASTEST = 0.01, 100_000.0
"""Rates that make sense: beyond the fastest a day passes in under a second."""
BRIDGE_ROOM_FOR = 1000
"""The bridge is a computer: its queue to the broker holds what a busy home says in a minute at full speed."""


class App:
    """One running home.

    Args:
        home: the household.
        clock: its time.
        broker: where its devices speak.
        base_topic: of its dialect.
        emit: takes each event.
    """

    def __init__(
        self,
        home: Household,
        clock: HomeClock,
        broker: Broker,
        base_topic: str,
        emit: Callable[[dict[str, Any]], None],
    ) -> None:
        self._home, self._clock, self._emit = home, clock, emit
        self._sessions = _sessions(home, broker, base_topic, self._hear_sentence)
        self._called = asyncio.Event()
        self._stopping = False
        self._slow_down_at: datetime | None = None

    async def run(self) -> None:
        """Live until `stop`; then every device says goodbye."""
        self._tell_clock()
        async with asyncio.TaskGroup() as group:
            for session in self._sessions.values():
                group.create_task(session.run())
            ready = group.create_task(self._tell_ready())
            self._home.power_up()
            await self._live()
            ready.cancel()
            for session in self._sessions.values():
                session.stop()

    def stop(self) -> None:
        """Have `run` return."""
        self._stopping = True
        self._called.set()

    def hear(self, line: str, *, cut_short: bool = False) -> None:
        """Do what a line asks, or say why not; a line that was `cut_short` was too long to be read."""
        try:
            self._do(read_command(line, cut_short=cut_short))
        except Refused as refused:
            self._emit({"event": "refused", "reason": refused.reason, "sentence": refused.sentence})

    def _hear_sentence(self, device: str, payload: bytes) -> None:
        self._catch_up()
        try:
            self._home.hear(device, payload)
        except Refused as refused:
            self._emit({"event": "refused", "reason": refused.reason, "sentence": refused.sentence})
        self._called.set()

    async def _live(self) -> None:
        while not self._stopping:
            self._catch_up()
            due = self._home.due()
            await self._clock.wait_until(min(due, self._slow_down_at or due), self._called)

    def _catch_up(self) -> None:
        now = self._clock.now()
        for effect in self._home.advance(now):
            self._carry_out(effect)
        if self._slow_down_at is not None and now >= self._slow_down_at:
            self._slow_down_at = None
            self._pace(1.0)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Message():
                self._sessions[effect.client].offer(effect)
            case Line():
                self._sessions[effect.client].turn(effect.state)
            case Staged():
                times = {"at_home": effect.at.isoformat(), "at": real_now().isoformat()}
                self._emit({"event": "staged", "kind": effect.kind, "device": effect.device, **times})
            case Spoken():
                self._emit(_told(effect))

    def _do(self, command: Command) -> None:
        match command["do"]:
            case "stop":
                self.stop()
            case "rate":
                self._slow_down_at = None
                self._pace(_rate(command))
            case "advance_to":
                self._advance_to(command)
            case _:
                self._catch_up()
                obey(self._home, command)
                self._called.set()

    def _advance_to(self, command: Command) -> None:
        until = read_time(text(command, "at"))
        if until <= self._clock.now():
            raise Refused("time_is_past", f"It is {self._clock.now().isoformat()} at home; name a later time.")
        rate = _rate(command)
        self._slow_down_at = until
        self._pace(rate)

    def _pace(self, rate: float) -> None:
        self._clock.run_at(rate)
        self._tell_clock()
        self._called.set()

    def _tell_clock(self) -> None:
        self._emit({"event": "clock", **json.loads(self._clock.pace.as_json())})

    async def _tell_ready(self) -> None:
        for session in self._sessions.values():
            await session.joined.wait()
        self._emit({"event": "ready", "devices": list(self._home.devices)})


def read_time(word: str) -> datetime:
    """Return an aware time from ISO 8601.

    Raises:
        Refused: when it is none, or has no zone.
    """
    try:
        at = datetime.fromisoformat(word)
    except ValueError as error:
        raise Refused("bad_time", f"{word!r} is not an ISO 8601 time, such as 2026-01-01T07:00:00+08:00.") from error
    if at.tzinfo is None:
        raise Refused("bad_time", f"{word!r} lacks its zone; write 2026-01-01T07:00:00+08:00.")
    return at


def _rate(command: Command) -> float:
    rate = command.get("rate")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not math.isfinite(rate):
        raise Refused("bad_field", f"'rate' must be a number; found {rate!r}.")
    if not SLOWEST <= rate <= FASTEST:
        raise Refused("bad_field", f"'rate' must be from {SLOWEST:g} to {FASTEST:g}; found {rate!r}.")
    return float(rate)


def _told(spoken: Spoken) -> dict[str, Any]:
    sentence = spoken.sentence
    said = {"id": sentence.id, "kind": sentence.kind, "zh": sentence.zh, "en": sentence.en, "light": sentence.light}
    times = {"at_home": spoken.at.isoformat(), "at": real_now().isoformat()}
    return {"event": "spoken", "device": spoken.device, **said, **times}


def _sessions(
    home: Household, broker: Broker, base_topic: str, hear: Callable[[str, bytes], None]
) -> dict[str, Session]:
    """Return a session for each client: every native device has its own, Zigbee devices share the bridge's."""
    if home.form == "zigbee2mqtt":
        who = Identity(
            client_id=bridge.CLIENT_ID,
            topic=home.bridge.state_topic,
            online=bridge.ONLINE,
            offline=bridge.OFFLINE,
        )
        return {bridge.CLIENT_ID: Session(broker, who, keeps=False, spool=Spool(BRIDGE_ROOM_FOR))}
    return {
        device: Session(
            broker,
            Identity(
                client_id=device,
                topic=native.status_topic(device, base_topic),
                online=b"online",
                offline=b"offline",
                heard=native.heard_topic(device, base_topic),
            ),
            ear=(native.say_topic(device, base_topic), partial(hear, device)) if device in home.speakers else None,
        )
        for device in home.devices
    }
