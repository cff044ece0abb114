"""Makes the connections and channels that the settings ask for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.station import StationChannel
from alerts.channels.webhook import WebhookChannel
from alerts.link import Link
from alerts.wire import Topics
from devices.dialects import native, zigbee2mqtt
from gateway import household

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import aiohttp

    from alerts.channels.briefs import Briefs
    from alerts.dispatch import Channel
    from alerts.link import Message
    from config.connections import Station
    from config.settings import Settings
    from devices.reading import Decoded


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


def channels(  # noqa: PLR0913 - each is a different neighbour
    settings: Settings,
    env: Mapping[str, str],
    *,
    http: aiohttp.ClientSession,
    uplink: Link | None,
    briefs: Briefs,
    now: Callable[[], datetime],
) -> dict[str, Channel]:
    """Make a channel for every contact of the ladder."""
    made: dict[str, Channel] = {}
    for rung in settings.ladder:
        if rung.channel == "webhook":
            token = rung.token.reveal(env) if rung.token else ""
            made[rung.contact] = WebhookChannel(http, rung.url or "", token, briefs)
        elif settings.station is not None and uplink is not None:
            secret = settings.station.secret.reveal(env).encode()
            topics = topics_of(settings, settings.station)
            made[rung.contact] = StationChannel(uplink, topics, secret, briefs=briefs, now=now)
    return made
