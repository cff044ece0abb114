"""Makes the home's modem, and a channel for everybody whom it writes to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.sms import Home, SmsChannel
from alerts.channels.texting.modem import Modem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.model import Alert, Delivery
    from config.settings import Settings
    from gateway.wiring import Neighbours, Outgoing


def add_texts(out: Outgoing, settings: Settings, near: Neighbours) -> None:
    """Add one modem for everybody who is written to."""
    texted = [rung for rung in settings.ladder if "sms" in rung.channels]
    if settings.sms is None or not texted:
        return
    modem = Modem(
        settings.sms.bus,
        settings.sms.modem,
        production=settings.hotline.production,
        on_trouble=partial(near.report, "gateway/modem"),
        counted=partial(near.counted, "sms"),
    )
    out.services.append(modem.run)
    out.probes["modem"] = modem
    home = Home(
        bed=near.briefs.bed,
        timezone=settings.home.timezone,
        most=settings.sms.parts,
        reports=settings.sms.delivery_reports,
        now=near.now,
        taken=near.taken,
        receipted=near.receipted,
        failed=near.failed,
        counted=partial(near.counted, "sms"),
    )
    for rung in texted:
        out.channels[rung.contact, "sms"] = SmsChannel(modem, rung.number or "", rung.contact, home)


def remember(out: Outgoing, told: Iterable[tuple[Delivery, Alert]]) -> None:
    """Let a reply that comes after a start take what was told before it.

    Args:
        out: the ways out of the home.
        told: what a telephone was told of alerts that still want somebody, oldest first.
    """
    for delivery, alert in told:
        channel = out.channels.get((delivery.contact, delivery.channel))
        if isinstance(channel, SmsChannel):
            channel.remember(delivery, alert)
