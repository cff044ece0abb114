"""Makes the connections and channels that the settings ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.station import StationChannel
from alerts.channels.webhook import WebhookChannel
from alerts.link import Link
from alerts.wire import Topics
from devices.dialects import native, zigbee2mqtt
from gateway import calls, centres, household
from gateway.power.sysfs import SysfsReader
from gateway.power.upsd import UpsdReader

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from datetime import datetime

    import aiohttp

    from alerts.channels.briefs import Briefs
    from alerts.dispatch import Channel, Taken
    from alerts.link import Message
    from config.connections import Rung, Station
    from config.settings import Settings
    from devices.reading import Decoded
    from gateway.power.supply import Reader


def home_link(
    settings: Settings,
    env: Mapping[str, str],
    on_message: Callable[[Message], None],
    on_state: Callable[[bool, str], None],
) -> Link:
    """Make the connection to the home's broker."""
    broker = settings.broker
    return Link(
        host=broker.host,
        port=broker.port,
        client_id=broker.client_id,
        username=broker.username,
        password=broker.password.reveal(env) if broker.password else None,
        tls=household.tls_of(broker),
        subscriptions=[(f"{base}/#", 1) for base in decoders(settings)],
        on_message=on_message,
        on_state=on_state,
    )


def decoders(settings: Settings) -> dict[str, tuple[str, Callable[[str, bytes, datetime], Decoded]]]:
    """Give base topic → name and decode of every dialect that the home listens to."""
    ours, bridge = settings.native.base_topic, settings.zigbee2mqtt.base_topic
    return {
        ours: ("native", partial(native.decode, base_topic=ours)),
        bridge: ("zigbee2mqtt", partial(zigbee2mqtt.decode, base_topic=bridge)),
    }


def topics_of(settings: Settings, station: Station) -> Topics:
    """Give the topics on which this home and its station meet."""
    return Topics(prefix=station.prefix, home=settings.home.id)


def station_link(
    settings: Settings,
    station: Station,
    env: Mapping[str, str],
    on_message: Callable[[Message], None],
    on_state: Callable[[bool, str], None],
) -> Link:
    """Make the connection to the station's broker."""
    topics = topics_of(settings, station)
    return Link(
        host=station.host,
        port=station.port,
        client_id=f"shouwang-home-{settings.home.id}",
        username=station.username,
        password=station.password.reveal(env) if station.password else None,
        tls=household.tls_of(station),
        subscriptions=[(topics.receipt, 1), (topics.decision, 1)],
        on_message=on_message,
        on_state=on_state,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What channels are made from.

    Args:
        env: where secrets given by variable are looked up.
        http: shared by all webhooks.
        uplink: to the station's broker; None where there is no station.
        briefs: makes the words.
        now: the time (aware UTC).
        taken: what a channel calls when the person whom it reached has taken the alert.
        receipted: what a channel calls with a delivery's id when its receipt comes later.
        report: what a carrier calls with a part's name when it gets into trouble or out of it.
    """

    env: Mapping[str, str]
    http: aiohttp.ClientSession
    uplink: Link | None
    briefs: Briefs
    now: Callable[[], datetime]
    taken: Taken
    receipted: Callable[[str, str], None]
    report: Callable[[str, bool], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """The ways out of the home.

    Args:
        channels: contact and name of the channel → the channel.
        services: what must run beside them until cancelled: a telephone, a modem, a socket.
    """

    channels: dict[tuple[str, str], Channel] = field(default_factory=dict)
    services: list[Callable[[], Coroutine[None, None, None]]] = field(default_factory=list)


OF_THEIR_OWN = frozenset({"call", "scaip", "dc09"})
"""Channels that share a carrier: made by the module that knows it."""


def outgoing(settings: Settings, near: Neighbours) -> Outgoing:
    """Make a channel for every contact of the ladder and every way to it, and what these need to run."""
    out = Outgoing()
    for rung in settings.ladder:
        for name in rung.channels:
            if name not in OF_THEIR_OWN:
                out.channels[rung.contact, name] = _channel(settings, near, rung, name)
    calls.add_calls(out, settings, near)
    centres.add_centres(out, settings, near)
    return out


def _channel(settings: Settings, near: Neighbours, rung: Rung, name: str) -> Channel:
    if name == "webhook":
        token = rung.token.reveal(near.env) if rung.token else ""
        return WebhookChannel(near.http, rung.url or "", token, near.briefs)
    if name == "station" and settings.station is not None and near.uplink is not None:
        secret = settings.station.secret.reveal(near.env).encode()
        topics = topics_of(settings, settings.station)
        return StationChannel(near.uplink, topics, secret, briefs=near.briefs, now=near.now)
    raise NotImplementedError(name)


def power_reader(settings: Settings, env: Mapping[str, str]) -> Reader | None:
    """Make what looks at the power; None where the home has nothing to look at."""
    power = settings.power
    if power.kind == "power_supply":
        return SysfsReader(power.path)
    if power.kind == "nut":
        login = (power.username, power.password.reveal(env)) if power.username and power.password else None
        return UpsdReader(power.host, power.port, power.ups, login)
    return None
