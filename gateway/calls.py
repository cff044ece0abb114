"""Makes the home's telephone, and a channel for everybody whom the ladder calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channels.hotline_call import CallChannel, Callee
from alerts.channels.telephone.call_words import Caller
from alerts.channels.telephone.carrier import Telephone
from alerts.channels.telephone.trunk import MediaEncryption, Transport, Trunk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.connections import Rung
    from config.settings import Settings
    from config.telephone import Trunk as TrunkSettings
    from gateway.wiring import Neighbours, Outgoing

HOTLINE = "hotline"
"""The contact that is the elder-service hotline of the home's region."""


def add_calls(out: Outgoing, settings: Settings, near: Neighbours) -> None:
    """Add one telephone for everybody who is called."""
    called = [rung for rung in settings.ladder if "call" in rung.channels]
    if not called:
        return
    telephone = Telephone(
        [_trunk(trunk, near.env) for trunk in settings.trunks],
        lines=settings.telephone.lines,
        recordings=settings.telephone.recordings,
        troubled=lambda trouble: near.report("gateway/telephone", trouble),
    )
    out.services.append(telephone.run)
    out.probes["telephone"] = telephone
    caller = Caller(
        bed=near.briefs.bed,
        timezone=settings.home.timezone,
        name=settings.telephone.caller,
        call_back=settings.telephone.call_back,
    )
    for rung in called:
        out.channels[rung.contact, "call"] = CallChannel(
            telephone,
            _callee(settings, rung),
            caller=caller,
            taken=near.taken,
            production=settings.hotline.production,
        )


def _callee(settings: Settings, rung: Rung) -> Callee:
    """Say who is called; the contact "hotline" is the region's, unless it has a number of its own."""
    hotline = settings.regional_hotline
    is_hotline = rung.contact == HOTLINE
    number = rung.number or (hotline.number if is_hotline else "")
    resident = bool(rung.number) and _digits(rung.number) == _digits(settings.resident.phone)
    return Callee(name=hotline.name if is_hotline else rung.contact, number=number, resident=resident)


def _digits(number: str | None) -> str:
    return "".join(letter for letter in number or "" if letter in "0123456789")


def _trunk(trunk: TrunkSettings, env: Mapping[str, str]) -> Trunk:
    return Trunk(
        name=trunk.name,
        host=trunk.host,
        port=trunk.port,
        transport=Transport(trunk.transport),
        username=trunk.username,
        password=trunk.password.reveal(env) if trunk.password else "",
        domain=trunk.domain or "",
        registers=trunk.registration,
        media_encryption=MediaEncryption[trunk.media_encryption.upper()],
        ca_file=trunk.ca_file,
    )
