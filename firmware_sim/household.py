"""The whole simulated home, without I/O: she lives, sensors feel it, firmware decides, the radio carries.

Everything happens at its own exact home time, in order, however late or seldom `advance` is called; so the messages
of a day depend on the seed and on what was staged when, and not on the machine. What must be done about the world
outside comes out as effects, in order.
"""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol

from firmware_sim import native
from firmware_sim.bridge import CLIENT_ID, Bridge
from firmware_sim.effects import Effect, Line, LineState, Spoken, Staged
from firmware_sim.feeling import Feeling, Sense, felt
from firmware_sim.firmware import Firmware
from firmware_sim.life import Life
from firmware_sim.radio import Radio
from firmware_sim.refused import Refused
from firmware_sim.resident import Place
from firmware_sim.speaker import Speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from firmware_sim.blows import How
    from firmware_sim.firmware import Said
    from firmware_sim.flash import Flash
    from firmware_sim.house import Form, House
    from firmware_sim.message import Message

BOOT_S = 3.0
"""From losing its mind to speaking again; a small controller with Wi-Fi."""
FAR_OFF = datetime.max.replace(tzinfo=UTC)


class _Pending(Protocol):
    """Something that wants to be looked at again."""

    def due(self) -> datetime | None:
        """Return when; None while nothing is pending."""


class Household:
    """A home that lives as time is put into it.

    Args:
        house: rooms and devices.
        seed: of her life and of all chance.
        start: home time at the outset (aware UTC).
        form: how the devices speak.
        flash: keeps the boot numbers.
        base_topic: of the dialect.
        activity: scales how often she stirs; 1 gives about 2,000 readings a day.
    """

    def __init__(  # noqa: PLR0913 (the facts of one home, named one by one)
        self,
        house: House,
        *,
        seed: int,
        start: datetime,
        form: Form,
        flash: Flash,
        base_topic: str,
        activity: float = 1.0,
    ) -> None:
        self.house, self.form, self.now = house, form, start
        self.life = Life(seed, start, house.timezone, activity=activity)
        self.bridge = Bridge(house, base_topic, seed)
        self.devices = {
            device.id: Firmware(fitted=device, place=house.place_of(device), next_boot=flash.counter(device.id))
            for device in house.devices
        }
        self.speakers = {device.id: Speaker() for device in house.devices if device.type == "annunciator"}
        if form != "native" and any(not device.model.zigbee.model for device in house.devices):
            told = "An annunciator or a fall belt speaks the native dialect only; leave it out of this home."
            raise Refused("native_only", told)
        self.radios = {device.id: Radio(seed=seed) for device in house.devices}
        self._seed, self._base = seed, base_topic
        self._effects: list[Effect] = []
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._feel_what_is()

    def power_up(self) -> None:
        """Switch everything on: the bridge first, then each device."""
        if self.form == "zigbee2mqtt":
            self._line(CLIENT_ID, LineState.UP)
            self._send(self.bridge.start(self.now))
        for device in self.devices:
            self.boot(device)

    def due(self) -> datetime:
        """Return when something happens next (aware UTC)."""
        parts: list[_Pending] = [self.life, self.bridge, *self.devices.values(), *self.radios.values()]
        dues = [due for part in parts if (due := part.due()) is not None]
        return min([*dues, *(when for when, _, _ in self._agenda[:1])], default=FAR_OFF)

    def advance(self, to: datetime) -> list[Effect]:
        """Live until `to` (aware UTC) and return what must be done about it, in order."""
        while (due := self.due()) <= to:
            self.now = max(self.now, due)
            self._step(due)
        self.now = max(self.now, to)
        effects, self._effects = self._effects, []
        return effects

    def feel(self, feelings: Iterable[Feeling]) -> None:
        """Let the devices feel something, whether she did it or somebody staged it."""
        for feeling in feelings:
            for firmware in self.devices.values():
                self.say(firmware.feel(feeling))

    def press(self, device: str) -> None:
        """Put a finger on one device's button."""
        firmware = self.powered(device)
        if Sense.FINGER not in firmware.senses:
            raise Refused("no_button", f"{device} has no button; name a pendant or a cord.")
        self.staged("press", device)
        finger = Feeling(at=self.now, sense=Sense.FINGER, place=firmware.place or self.life.place)
        self.say(firmware.feel(finger))

    def strike(self, device: str, how: How) -> None:
        """Have something strike one device's accelerometer."""
        if not self.powered(device).strike(self.now, how):
            raise Refused("no_accelerometer", f"{device} feels no blows; name a fall belt.")
        self.staged("strike", device)

    def hear(self, device: str, payload: bytes) -> None:
        """Have an annunciator take what the broker brings it.

        Raises:
            Refused: when it is no sentence.
        """
        if self.devices[device].powered:
            self.speakers[device].take(payload)
            self._speak(device)

    def say(self, said: Iterable[Said]) -> None:
        """Send what a firmware says, through its radio."""
        for one in said:
            self._carried(self.radios[one.device].carry(one))

    def boot(self, device: str) -> None:
        """Power a device on; it joins and tells its states."""
        firmware = self.devices[device]
        if self.form == "native":
            self._line(device, LineState.UP)
        if device in self.speakers:
            self.speakers[device].restart()
        said = firmware.boot(self.now)
        self._send(self.bridge.announce(device))
        self.say(said)

    def halt(self, device: str) -> None:
        """Take a device's power: silence, and its last will once the broker misses it."""
        firmware = self.devices[device]
        firmware.halt()
        if self.form == "native":
            self._line(device, LineState.SILENT)
            self.later(1.5 * native.KEEP_ALIVE_S, partial(self._missed, device))

    def reboot(self, device: str) -> None:
        """Have a device lose its mind and come back."""
        self.devices[device].halt()
        if self.form == "native":
            self._line(device, LineState.CUT)
        self.later(BOOT_S, partial(self.boot, device))

    def halt_bridge(self) -> None:
        """Take the bridge away without a goodbye."""
        self.bridge.up = False
        self._line(CLIENT_ID, LineState.CUT)

    def start_bridge(self) -> None:
        """Bring the bridge back; it announces everything again."""
        self._line(CLIENT_ID, LineState.UP)
        self._send(self.bridge.start(self.now))

    def reboot_bridge(self) -> None:
        """Have the bridge restart."""
        self.halt_bridge()
        self.later(BOOT_S, self.start_bridge)

    def powered(self, device: str) -> Firmware:
        """Return a device that is alive.

        Raises:
            Refused: when there is no such device, or it is dead.
        """
        firmware = self.known(device)
        if not firmware.powered:
            raise Refused("no_power", f"{device} is dead or just booting; send revive, or wait.")
        return firmware

    def known(self, device: str) -> Firmware:
        """Return a device, alive or dead.

        Raises:
            Refused: when there is no such device.
        """
        if device not in self.devices:
            raise Refused("unknown_device", f"There is no {device!r}; there are {', '.join(self.devices)}.")
        return self.devices[device]

    def staged(self, kind: str, device: str) -> None:
        """Report that an incident has happened now."""
        self._effects.append(Staged(kind=kind, device=device, at=self.now))

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something after so many home seconds."""
        heapq.heappush(self._agenda, (self.now + timedelta(seconds=seconds), next(self._order), do))

    def _speak(self, device: str) -> None:
        sentence = self.speakers[device].begin(self.devices[device].clock.at(self.now))
        if sentence is not None:
            self._effects.append(Spoken(device=device, sentence=sentence, at=self.now))
            self.later(sentence.lasts_s, partial(self._spoken, device, sentence.id))

    def _spoken(self, device: str, sentence: str) -> None:
        firmware = self.devices[device]
        if self.speakers[device].end(sentence) and firmware.powered:
            self.say(firmware.played(self.now, sentence))
            self._speak(device)

    def _step(self, due: datetime) -> None:
        if self._agenda and self._agenda[0][0] <= due:
            heapq.heappop(self._agenda)[2]()
        self._live(due)
        for name, firmware in self.devices.items():
            lived = firmware.powered
            self.say(firmware.wake(due))
            if lived and not firmware.powered:
                self.staged("battery_spent", name)
                self.halt(name)
        for radio in self.radios.values():
            if (kept_until := radio.due()) is not None and kept_until <= due:
                self._carried(radio.release(due))
        self._send(self.bridge.wake(due))

    def _live(self, at: datetime) -> None:
        before = self.life.place
        while (act := self.life.act(at)) is not None:
            if act.staged:
                self.staged(act.staged, "resident")
            self.feel(felt(act, before, self._seed))
            before = self.life.place

    def _carried(self, arrivals: Iterable[tuple[datetime, Said]]) -> None:
        for when, said in arrivals:
            if when <= self.now:
                self._arrive(said)
            else:
                self.later((when - self.now).total_seconds(), partial(self._arrive, said))

    def _arrive(self, said: Said) -> None:
        self._send([native.write(said, self._base)] if self.form == "native" else self.bridge.hear(said))

    def _send(self, messages: Iterable[Message]) -> None:
        self._effects.extend(messages)

    def _line(self, client: str, state: LineState) -> None:
        self._effects.append(Line(client=client, state=state))

    def _missed(self, device: str) -> None:
        """The broker gives a dead client up after one and a half keep-alives, unless it has come back."""
        if not self.devices[device].powered:
            self._line(device, LineState.CUT)

    def _feel_what_is(self) -> None:
        """Let every pin read the home as it stands before the power comes on."""
        weight = Feeling(at=self.now, sense=Sense.WEIGHT, place=Place.BEDROOM, level=self.life.in_bed)
        here = Feeling(at=self.now, sense=Sense.PRESENCE, place=self.life.place)
        shut = Feeling(at=self.now, sense=Sense.LEAF, place=Place.HALL, level=False)
        self.feel([weight, here, shut])
