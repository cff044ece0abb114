"""From the settings to the values that the rest works with: the home, the ladder, the bed, the channels' addresses."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.brief import BedInfo
from alerts.hours import Days, Hours
from alerts.link import Tls
from alerts.model import Severity
from alerts.rungs import Ladder, Quiet, Rung
from devices import catalog
from gateway.detection.home import Device, Home, Limits, Role, Way
from gateway.detection.prior import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from config.connections import Broker, Station
    from config.connections import Hours as HoursSettings
    from config.connections import Quiet as QuietSettings
    from config.home import Device as DeviceSettings
    from config.settings import Settings


_CARRIERS = {
    "station": "gateway/station",
    "call": "gateway/telephone",
    "sms": "gateway/modem",
    "scaip": "gateway/scaip",
    "dc09": "gateway/dc09",
}
"""The part without which a channel carries nothing; a webhook needs nothing that is watched but its contact."""


def home_of(settings: Settings) -> Home:
    """Give the home as the detectors see it."""
    limits = {f.name: getattr(settings.limits, f.name) for f in fields(Limits)}
    return Home(
        timezone=settings.home.timezone,
        day_starts=settings.limits.day_starts,
        night_starts=settings.limits.night_starts,
        devices={device.id: _device(device) for device in settings.devices},
        rooms=tuple(room.id for room in settings.rooms if room.kind != "outside"),
        ways=tuple(_ways(settings)),
        gentle_s=settings.limits.gentle_s,
        limits=Limits(**limits),
        baths=frozenset(room.id for room in settings.rooms if room.kind == "bathroom"),
        prior=shipped(),
    )


def ladder_of(settings: Settings) -> Ladder:
    """Give the bed's ladder."""
    rungs = tuple(
        Rung(
            contact=rung.contact,
            channels=rung.channels,
            after_s=rung.after_s,
            severities=frozenset(Severity(severity) for severity in rung.severities),
            hours=_hours(rung.hours),
            quiet=_quiet(rung.quiet),
            gentle=rung.gentle,
        )
        for rung in settings.ladder
    )
    limits = settings.limits
    return Ladder(
        rungs=rungs,
        round_s=limits.ladder_round_s,
        gentle_s=limits.gentle_s,
        arrival_s=limits.arrival_remote_s if settings.bed.remote else limits.arrival_s,
        zone=settings.home.timezone,
    )


def bed_of(settings: Settings) -> BedInfo:
    """Give what a brief needs to know of the bed, the resident and the home."""
    resident = settings.resident
    return BedInfo(
        bed_code=settings.bed.code,
        resident=resident.name,
        birth_year=resident.birth_year,
        ability_level=resident.ability_level,
        illnesses=resident.illnesses,
        address=settings.bed.address,
        how_to_enter=settings.bed.how_to_enter,
        phone=resident.phone,
        rooms={room.id: room.name for room in settings.rooms},
        devices={device.id: device.name for device in settings.devices},
    )


def tls_of(connection: Broker | Station) -> Tls | None:
    """Give the TLS options of a connection, or None when it is not encrypted."""
    return Tls(ca_file=connection.ca_file) if connection.tls else None


def keep_for(settings: Settings) -> timedelta:
    """Say how long readings are kept."""
    return timedelta(days=settings.store.keep_days)


def _ways(settings: Settings) -> Iterator[Way]:
    """The ways by which somebody is told of an emergency, and the gateway's own parts that each needs."""
    spare = settings.station is not None and settings.station.spare is not None
    for rung in settings.ladder:
        for channel in rung.channels if Severity.EMERGENCY in rung.severities else ():
            yield Way(
                after_s=rung.after_s,
                needs=_CARRIERS.get(channel) or f"gateway/contact {rung.contact}",
                gentle=rung.gentle,
                detour="gateway/uplink" if channel == "station" and spare else "",
                detour_s=settings.limits.receipt_timeout_s,
            )


def _hours(written: Iterable[HoursSettings]) -> tuple[Hours, ...]:
    return tuple(Hours(opens=each.opens, closes=each.closes, days=Days(each.days)) for each in written)


def _quiet(written: QuietSettings | None) -> Quiet | None:
    if written is None:
        return None
    severities = frozenset(Severity(severity) for severity in written.severities)
    return Quiet(hours=_hours(written.hours), severities=severities)


def _device(device: DeviceSettings) -> Device:
    """Fill what the installer left out from the catalogue of models."""
    model = catalog.lookup(device.model) if device.model else None
    interval_s = device.report_interval_s
    if interval_s is None and model is not None:
        interval_s = model.report_interval_s
    return Device(
        id=device.id,
        role=Role(device.role),
        room=device.room,
        mains=device.mains or (model is not None and model.mains),
        report_interval_s=interval_s,
    )
