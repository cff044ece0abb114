"""Makes the connections and channels that the settings ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.station import StationChannel
from alerts.channels.webhook import WebhookChannel
from alerts.link import Link, Route
from alerts.paths import Path, Paths
from alerts.supervision import LOST_AFTER, Rhythm
from alerts.wire import MAIN, SPARE, Topics, qos_of
from devices.dialects import native, zigbee2mqtt
from gateway import household

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from datetime import datetime

    import aiohttp

    from alerts.channels.briefs import Briefs
    from alerts.dispatch import Channel, SendFailed, Taken
    from alerts.link import Message
    from alerts.probe import Probe
    from config.connections import Rung, Station
    from config.limits import Limits
    from config.settings import Settings
    from devices.reading import Decoded

ANSWER_S = 10.0
"""How long the station's answer may take, or less where silence is to be told within 100 s. Source: our choice: a
mobile line that wakes up needs two or three seconds, a station's commit on a busy disk one more."""

SPARE_RETRIES_S = (60.0, 300.0, 900.0)
"""Between further questions to a spare path that is lost. Source: our choice: four an hour cost a dead mobile line
some 50 KB a day."""

MAIN_KEEPALIVE_S = 30
SPARE_KEEPALIVE_S = 360
"""MQTT's own; paho asks after two thirds of it. Source: our choice: mobile networks forget a silent connection after
five minutes and more, and a ping with its answer costs 204 bytes (benchmarks/paths.py)."""

SPARE_LONGEST_DELAY_S = 900.0
"""Between attempts to connect a spare path that nobody waits for; each costs a mobile line 300 bytes and more."""


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


def station_paths(
    settings: Settings,
    env: Mapping[str, str],
    *,
    hear: Callable[[str, Message], None],
    told: Callable[[str, bool, str], None],
    clock_s: Callable[[], float],
) -> Paths | None:
    """Make the paths to the station.

    Args:
        settings: of the home.
        env: where secrets given by variable are looked up.
        hear: called with a path's name and each message that came by it.
        told: called with a path's name, whether its connection stands, and a sentence that says why.
        clock_s: the loop's clock.

    Returns:
        The paths, the preferred one first; None where the home has no station.
    """
    station = settings.station
    if station is None:
        return None
    paths = []
    for name, rhythm in _rhythms(settings.limits).items():
        if name == MAIN or station.spare is not None:
            topics = Topics(prefix=station.prefix, home=settings.home.id, path=name)
            link = station_link(station, env, topics, partial(hear, name), partial(told, name))
            paths.append(Path(link, topics, rhythm, clock_s()))
    return Paths(paths, clock_s)


def _rhythms(limits: Limits) -> dict[str, Rhythm]:
    often_s = min(limits.heartbeat_s, limits.station_silence_s / 3)
    answer_s = min(ANSWER_S, limits.station_silence_s / 10)
    at_first = (answer_s,) * LOST_AFTER
    return {
        MAIN: Rhythm(beat_s=often_s, alone_s=often_s, answer_s=answer_s, retries_s=(*at_first, 3 * answer_s)),
        SPARE: Rhythm(
            beat_s=limits.spare_heartbeat_s,
            alone_s=limits.spare_alone_heartbeat_s,
            answer_s=answer_s,
            retries_s=(*at_first, *SPARE_RETRIES_S),
        ),
    }


def station_link(
    station: Station,
    env: Mapping[str, str],
    topics: Topics,
    on_message: Callable[[Message], None],
    on_state: Callable[[bool, str], None],
) -> Link:
    """Make the connection of one path to the station's broker."""
    spare = station.spare if topics.path == SPARE else None
    return Link(
        host=(spare and spare.host) or station.host,
        port=(spare and spare.port) or station.port,
        client_id=f"shouwang-home-{topics.home}-{topics.path}",
        username=station.username,
        password=station.password.reveal(env) if station.password else None,
        tls=household.tls_of(station),
        subscriptions=[(topic, qos_of(topic)) for topic in (topics.receipt, topics.decision, topics.heard)],
        on_message=on_message,
        on_state=on_state,
        route=Route(interface=spare.interface or "", address=spare.address or "") if spare else None,
        keepalive_s=SPARE_KEEPALIVE_S if spare else MAIN_KEEPALIVE_S,
        longest_delay_s=SPARE_LONGEST_DELAY_S if spare else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What channels are made from.

    Args:
        env: where secrets given by variable are looked up.
        http: shared by all webhooks.
        paths: to the station; None where there is none.
        briefs: makes the words.
        now: the time (aware UTC).
        taken: what a channel calls when the person whom it reached has taken the alert.
        receipted: what a channel calls with a delivery's id when its receipt comes later.
        failed: what a channel calls with a delivery's id when the far end has given it up later.
        counted: what a channel calls with its name and what became of something.
        report: what a carrier calls with a part's name when it gets into trouble or out of it.
        refuse: what a carrier calls with a part's name and a reason when a far end said something unusable.
    """

    env: Mapping[str, str]
    http: aiohttp.ClientSession
    paths: Paths | None
    briefs: Briefs
    now: Callable[[], datetime]
    taken: Taken
    receipted: Callable[[str, str], None]
    failed: Callable[[str, SendFailed], None]
    counted: Callable[[str, str], None]
    report: Callable[[str, bool], None]
    refuse: Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """The ways out of the home.

    Args:
        channels: contact and name of the channel → the channel.
        services: what must run beside them until cancelled: a telephone, a modem, a socket.
        probes: what tries a way every day, by the name of the path (see `gateway.path_tests.PathTest`).
    """

    channels: dict[tuple[str, str], Channel] = field(default_factory=dict)
    services: list[Callable[[], Coroutine[None, None, None]]] = field(default_factory=list)
    probes: dict[str, Probe] = field(default_factory=dict)


OF_THEIR_OWN = frozenset({"call", "sms", "scaip", "dc09"})
"""Channels that share a carrier: made by the module that knows it."""


def outgoing(settings: Settings, near: Neighbours) -> Outgoing:
    """Make a channel for every contact of the ladder and every way to it, and what these need to run."""
    out = Outgoing()
    for rung in settings.ladder:
        for name in rung.channels:
            if name not in OF_THEIR_OWN:
                channel = out.channels[rung.contact, name] = _channel(settings, near, rung, name)
                if isinstance(channel, WebhookChannel):
                    out.probes[f"contact {rung.contact}"] = channel
    _add_carriers(out, settings, near)
    return out


def _add_carriers(out: Outgoing, settings: Settings, near: Neighbours) -> None:
    """Load only what the ladder names: a telephone's sound, ciphers and a modem's bus would cost 0.3 s of a start."""
    named = {name for rung in settings.ladder for name in rung.channels}
    if "call" in named:
        from gateway.calls import add_calls  # noqa: PLC0415 - see above, as the next two

        add_calls(out, settings, near)
    if named & {"scaip", "dc09"}:
        from gateway.centres import add_centres  # noqa: PLC0415

        add_centres(out, settings, near)
    if "sms" in named:
        from gateway.texts import add_texts  # noqa: PLC0415

        add_texts(out, settings, near)


def _channel(settings: Settings, near: Neighbours, rung: Rung, name: str) -> Channel:
    if name == "webhook":
        token = rung.token.reveal(near.env) if rung.token else ""
        return WebhookChannel(near.http, rung.url or "", token, near.briefs)
    if name == "station" and settings.station is not None and near.paths is not None:
        secret = settings.station.secret.reveal(near.env).encode()
        return StationChannel(near.paths, secret, briefs=near.briefs, now=near.now)
    raise NotImplementedError(name)
