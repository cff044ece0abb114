"""The alarm centres that the settings name: each made once, and a part of the gateway that may be in trouble."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alerts.channels.centre.codes import Zone
from alerts.channels.centre.ignored import Ignored
from alerts.channels.centre.scaip_xml import Home
from alerts.channels.dc09 import Dc09Centre, Dc09Channel, Receiver
from alerts.channels.scaip import ScaipCentre, ScaipChannel
from alerts.channels.sip.agent import Identity
from alerts.channels.sip.wire import Peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.dispatch import Channel
    from config.alarm_centre import Dc09, Scaip
    from config.settings import Settings
    from gateway.wiring import Neighbours, Outgoing

log = logging.getLogger("shouwang.centres")

SCAIP, DC09 = "gateway/scaip", "gateway/dc09"
"""In trouble while a centre does not answer, or refuses us."""


def add_centres(out: Outgoing, settings: Settings, near: Neighbours) -> None:
    """Add what the settings name; a centre is watched even while no rung uses it.

    Raises:
        SecretError: a password or key cannot be read.
    """
    zones = zones_of(settings)
    if settings.dc09 is not None:
        receiver = dc09_centre(settings.dc09, near)
        out.services.append(receiver.run)
        out.probes["dc09"] = receiver
        _add(out, settings, "dc09", Dc09Channel(receiver, zones, settings.dc09.own_codes()))
    if settings.scaip is not None:
        home = Home(
            account=settings.scaip.account,
            callback=settings.scaip.callback or "",
            bed=near.briefs.bed,
            zones=zones,
            timezone=settings.home.timezone,
        )
        centre = scaip_centre(settings.scaip, home, near)
        out.services.append(centre.run)
        out.probes["scaip"] = centre
        _add(out, settings, "scaip", ScaipChannel(centre))


def dc09_centre(section: Dc09, near: Neighbours) -> Dc09Centre:
    """Make the receiver that [dc09] names."""
    receiver = Receiver(
        host=section.host,
        port=section.port,
        transport=section.transport,
        account=section.account,
        number=section.receiver,
        line=section.line,
        key=section.key_bytes(near.env),
    )
    return Dc09Centre(
        receiver,
        link_test_s=section.link_test_s,
        now=near.now,
        on_state=_state(DC09, near),
        ignored=_ignored(DC09, near),
    )


def scaip_centre(section: Scaip, home: Home, near: Neighbours) -> ScaipCentre:
    """Make the centre that [scaip] names."""
    peer = Peer(
        host=section.host,
        port=section.port,
        transport=section.transport,
        ca_file=section.ca_file,
        local_port=section.local_port or 0,
    )
    identity = Identity(
        centre=section.centre,
        name=section.account,
        address=section.local_id or "",
        user=section.user or section.account,
        password=section.password.reveal(near.env) if section.password else "",
    )
    return ScaipCentre(
        peer,
        identity,
        home,
        heartbeat_s=section.heartbeat_s,
        receipted=near.receipted,
        on_state=_state(SCAIP, near),
        ignored=_ignored(SCAIP, near),
    )


def zones_of(settings: Settings) -> dict[str, Zone]:
    """Number the home's devices as the centres know them: by their place in the settings."""
    return {
        device.id: Zone(number, device.role, worn=not device.room)
        for number, device in enumerate(settings.devices, start=1)
    }


def _add(out: Outgoing, settings: Settings, name: str, channel: Channel) -> None:
    out.channels.update({(rung.contact, name): channel for rung in settings.ladder if name in rung.channels})


def _state(part: str, near: Neighbours) -> Callable[[bool, str], None]:
    def told(reachable: bool, sentence: str) -> None:  # noqa: FBT001 - the centres' own signature
        log.info("%s %s: %s", part, "answers" if reachable else "is in trouble", sentence)
        near.report(part, not reachable)

    return told


def _ignored(part: str, near: Neighbours) -> Ignored:
    return Ignored(lambda reason: near.refuse(part, reason))
