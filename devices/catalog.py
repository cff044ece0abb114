"""Device models as data: what each can tell, how often it speaks of itself, how it is powered, what it is usually for.

The catalogue gives defaults to the installer's configuration; decoding does not use it, so a sensor that is not
listed here works all the same. A configured value always wins.

Sources of the rows: for kinds and spellings, the definitions of zigbee-herdsman-converters 26.112.0 (declared
interfaces, not measurements); for `report_interval_s` see the constants below; for native models docs/mqtt.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from devices.reading import VALUE_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

LUMI_S = 3600.0
"""Xiaomi and Aqara devices check in about hourly, pressed or not. Source: zigbee2mqtt issue 827 (every 55 min in a
log of five hours), zigbee2mqtt.io issue 32 ("every hour, this cannot be changed"), `quirkCheckinInterval("1_HOUR")`."""

BATTERY_REPORT_S = 65_000.0
"""Longest pause between battery reports that the converters ask of a standard Zigbee device (18 h). Source:
`repInterval.MAX` in zigbee-herdsman-converters 26.112.0, lib/constants and lib/reporting."""

OCCUPANCY_REPORT_S = 3600.0
"""Longest pause between occupancy reports that the converters ask for. Source: `reporting.occupancy`, as above."""

BED_SAMPLE_S = 43_200.0
"""Longest sampling interval that can be set on the Tuya bed strap: 720 min. Source: its definition, `interval_time`."""

NATIVE_MAINS_S, NATIVE_BATTERY_S = 300.0, 1800.0
"""Heartbeat intervals of our own firmware. Source: docs/mqtt.md 1.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What values readings of a kind may have.

    Args:
        unit: in which a number counts; "" for others.
        low, high: bounds of a number.
        words: all words a text may be; empty where any short text is allowed.
    """

    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    words: frozenset[str] = frozenset()


UNITS: Mapping[Kind, Unit] = MappingProxyType(
    {
        Kind.BATTERY: Unit(unit="%", low=0, high=100),
        Kind.HEARTBEAT: Unit(unit="s", low=0, high=float(2**40)),
        Kind.RUNTIME: Unit(unit="s", low=0, high=float(2**40)),
        Kind.SOS: Unit(words=frozenset({"press", "double", "long", "cord"})),
        Kind.FALL: Unit(words=frozenset({"none", "maybe", "fall", "lying", "unknown"})),
        Kind.IMPACT: Unit(low=0, high=1),
        Kind.AFTER: Unit(words=frozenset({"still", "stirring", "up"})),
        Kind.VIBRATION: Unit(words=frozenset({"vibration", "tilt", "drop"})),
        Kind.ACTIVITY: Unit(),
        Kind.PLAYED: Unit(),
        Kind.TRIAL: Unit(),
    }
)
"""Unit and legal range of every kind that is not simply yes or no."""


def is_legal(kind: Kind, value: object) -> bool:
    """Whether a reading of this kind may have this value: its type and its range."""
    if type(value) is not VALUE_TYPES[kind]:
        return False
    unit = UNITS.get(kind)
    if unit is None:
        return True
    if isinstance(value, float):
        return unit.low <= value <= unit.high
    return value in unit.words if unit.words else bool(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of device.

    Args:
        model: its name as Zigbee2MQTT gives it (`definition.model`), or ours.
        vendor: who makes or sells it.
        dialect: "native" or "zigbee2mqtt".
        kinds: what it can tell.
        role: what it is usually for, as the home's configuration spells roles; the installer may say otherwise.
        mains: powered from the wall.
        report_interval_s: the longest it may rightly say nothing; None where it speaks only when something happens.
        sos_spelling: how its call for help reads in its messages; "" if it has none.
        aliases: other names of the same thing.
    """

    model: str
    vendor: str
    dialect: str
    kinds: frozenset[Kind]
    role: str
    mains: bool = False
    report_interval_s: float | None = None
    sos_spelling: str = ""
    aliases: tuple[str, ...] = ()


def lookup(model: str) -> Model | None:
    """The catalogue's row of a model, by its name or an alias, in any case; None if it is not listed."""
    return _BY_NAME.get(model.strip().casefold())


def _zigbee(  # noqa: PLR0913  # a row of a table
    model: str, vendor: str, role: str, kinds: str, interval_s: float | None, *aliases: str, sos: str = ""
) -> Model:
    return Model(
        model=model,
        vendor=vendor,
        dialect="zigbee2mqtt",
        kinds=_kinds(kinds),
        role=role,
        report_interval_s=interval_s,
        sos_spelling=sos,
        aliases=aliases,
    )


def _mains(model: str, vendor: str, role: str, kinds: str, interval_s: float | None = None, *aliases: str) -> Model:
    return Model(
        model=model,
        vendor=vendor,
        dialect="zigbee2mqtt",
        kinds=_kinds(kinds),
        role=role,
        mains=True,
        report_interval_s=interval_s,
        aliases=aliases,
    )


def _native(model: str, role: str, kinds: str, *, mains: bool = False, sos: str = "") -> Model:
    return Model(
        model=model,
        vendor="Shouwang",
        dialect="native",
        kinds=_kinds(kinds) | {Kind.AVAILABILITY, Kind.HEARTBEAT},
        role=role,
        mains=mains,
        report_interval_s=NATIVE_MAINS_S if mains else NATIVE_BATTERY_S,
        sos_spelling=sos,
        aliases=(f"{model}-1",),
    )


def _kinds(words: str) -> frozenset[Kind]:
    return frozenset(map(Kind, words.split()))


MODELS: tuple[Model, ...] = (
    # Calls for help
    _zigbee("TS0215A_sos", "Tuya", "sos", "sos battery", BATTERY_REPORT_S, "BT400B", "R7052", sos="action: emergency"),
    _zigbee("TS0601_sos", "Tuya", "sos", "sos battery", None, sos="action: emergency"),
    _zigbee("ZG-101Z", "Loginovo", "sos", "sos battery_low", None, sos="action: sos, emergency"),
    _zigbee("HS1RC-N", "Heiman", "sos", "sos activity battery", BATTERY_REPORT_S, sos="action: emergency"),
    _zigbee("HM1RC-2-E", "Heiman", "sos", "sos activity battery", BATTERY_REPORT_S, sos="action: emergency"),
    _zigbee("07505L", "Immax", "sos", "sos activity battery tamper", None, sos="action: sos"),
    _zigbee("LDSENK09", "ADEO", "sos", "sos activity", None, sos="action: panic"),
    _zigbee("SEB01ZB", "Feibit", "sos", "sos_flag battery battery_low tamper", None, sos="sos: true, may stay true"),
    _zigbee("PB206", "OWON", "sos", "sos_flag battery_low", None, sos="sos: true, may stay true"),
    _zigbee(
        "WKE502Z", "DAEWOO", "sos", "sos sos_flag activity battery tamper", None, sos="action: sos; sos_alarm: true"
    ),
    # Buttons that are sold for calling but only say which way they were pressed: the role makes it a call
    _zigbee(
        "HS1EB/HS1EB-E",
        "Heiman",
        "sos",
        "activity sos_flag battery",
        BATTERY_REPORT_S,
        "SOS-EM",
        sos="action: single, double, hold; with converters of 2019 sos: true, never taken back",
    ),
    _zigbee("SE20-O", "ORVIBO", "sos", "activity", None, sos="action: single"),
    _zigbee("SE21", "ORVIBO", "sos", "activity", None, sos="action: single"),
    _zigbee("MIR-SO100", "MultIR", "sos", "activity battery", BATTERY_REPORT_S, sos="action: single, double, hold"),
    # Ordinary buttons
    _zigbee("WXKG11LM", "Aqara", "activity", "activity battery", LUMI_S),
    _zigbee("SNZB-01", "SONOFF", "activity", "activity battery", BATTERY_REPORT_S),
    # Falls of people; radars hang on the wall's power
    _mains("MIR-HE200-TY", "Tuya", "fall", "fall motion presence", None, "MIR-HE200-TY_fall"),
    _mains("HS2FD-EF1-3.0", "Heiman", "fall", "fall motion", OCCUPANCY_REPORT_S),
    _mains("FDS315", "OWON", "fall", "fall presence bed", None, "FDS315-AH"),
    # Doors
    _zigbee("MCCGQ11LM", "Aqara", "entrance", "contact battery", LUMI_S),
    _zigbee("MCCGQ14LM", "Aqara", "entrance", "contact battery battery_low", LUMI_S),
    _zigbee("SNZB-04", "SONOFF", "entrance", "contact battery battery_low", BATTERY_REPORT_S),
    _zigbee("SNZB-04P", "SONOFF", "entrance", "contact battery battery_low tamper", BATTERY_REPORT_S),
    _zigbee("TERNCY-DC01", "TERNCY", "entrance", "contact battery", BATTERY_REPORT_S),
    _zigbee("POK003", "PushOk", "inner_door", "contact battery", None),
    # Movement and presence
    _zigbee("RTCGQ01LM", "Xiaomi", "motion", "motion battery", LUMI_S),
    _zigbee("RTCGQ11LM", "Aqara", "motion", "motion battery", LUMI_S),
    _zigbee("SNZB-03", "SONOFF", "motion", "motion battery battery_low", BATTERY_REPORT_S),
    _zigbee("TS0202", "Tuya", "motion", "motion battery battery_low tamper", BATTERY_REPORT_S),
    _zigbee("ZG-204ZM", "Tuya", "presence", "presence motion battery", None),
    _mains("RTCZCGQ11LM", "Aqara", "presence", "presence"),
    _mains("ZG-205Z", "Tuya", "presence", "presence motion"),
    _mains("NAS-PS09B2", "NEO", "presence", "presence motion"),
    _mains("ZY-M100-24G", "Tuya", "presence", "presence motion"),
    # Beds and seats
    _zigbee("TS0601_bed_presence_sensor", "Tuya", "bed", "bed battery", BED_SAMPLE_S),
    _zigbee("ZG-210Z", "HOBEIAN", "bed", "bed presence battery", None),
    # Things that are shaken, tilted or dropped: never a person's fall
    _zigbee("DJT11LM", "Aqara", "activity", "vibration battery", LUMI_S),
    _zigbee("DWZTCGQ11LM", "Aqara", "activity", "vibration activity contact battery", None),
    _zigbee("MFKZQ01LM", "Aqara", "activity", "vibration activity battery", LUMI_S),
    _zigbee("HS1VS-N", "Heiman", "activity", "vibration battery battery_low tamper", BATTERY_REPORT_S),
    # Fire, gas, water
    _zigbee("JTYJ-GD-01LM/BW", "Xiaomi", "hazard", "smoke battery battery_low tamper", LUMI_S),
    _zigbee("TS0205", "Tuya", "hazard", "smoke battery tamper", BATTERY_REPORT_S),
    _mains("HS1CG-M", "Heiman", "hazard", "gas battery_low tamper"),
    _mains("E04CF-Z10T", "Lincukoo", "hazard", "gas carbon_monoxide"),
    _zigbee("HS1CA-E", "Heiman", "hazard", "carbon_monoxide battery battery_low", BATTERY_REPORT_S),
    _mains("DCR-CO", "Tuya", "hazard", "carbon_monoxide"),
    _zigbee("SJCGQ11LM", "Aqara", "hazard", "water_leak battery battery_low", LUMI_S),
    _zigbee("TS0207_water_leak_detector", "Tuya", "hazard", "water_leak battery battery_low tamper", BATTERY_REPORT_S),
    # Ours
    _native("SW-PENDANT", "sos", "sos battery battery_low", sos="sos: press"),
    _native("SW-CORD", "sos", "sos battery battery_low", sos="sos: cord"),
    _native("SW-RADAR", "fall", "fall presence motion", mains=True),
    _native("SW-BELT", "fall", "impact after worn battery battery_low"),
    _native("SW-CONTACT", "entrance", "contact battery battery_low tamper"),
    _native("SW-PIR", "motion", "motion battery battery_low tamper"),
    _native("SW-BED", "bed", "bed battery battery_low"),
    _native("SW-SEAT", "seat", "presence battery battery_low"),
    _native("SW-SMOKE", "hazard", "smoke battery battery_low tamper"),
    _native("SW-GAS", "hazard", "gas carbon_monoxide", mains=True),
    _native("SW-LEAK", "hazard", "water_leak battery battery_low"),
    _native("SW-PLUG", "activity", "activity", mains=True),
    _native("SW-VOICE", "other", "played", mains=True),
)
"""Every model we know by name, grouped by what it is for."""

_BY_NAME = {name.casefold(): row for row in MODELS for name in (row.model, *row.aliases)}
