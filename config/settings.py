"""The settings of one home: read from one TOML file and the environment, checked as a whole, frozen.

`load` either gives settings that everything else may rely on, or tells every fault at once.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import regions
from config.alarm_centre import Dc09, Scaip  # noqa: TC001 (pydantic resolves annotations when the class is made)
from config.annunciator import Annunciator
from config.connections import Api, Broker, ClockSource, Rung, Station, Store
from config.crosschecks import bridge_id, crosschecks, tables
from config.environment import DELIMITER, PREFIX, from_environment, overlaid
from config.explain import explained
from config.faults import HIDDEN, Allowed, Fault, SettingsError
from config.home import Bed, Device, HomeSettings, Native, Resident, Room, Zigbee2mqtt
from config.limits import Limits, defaults
from config.modem import Sms  # noqa: TC001 (pydantic resolves annotations when the class is made)
from config.power import Power
from config.secret import SecretError, SecretRef
from config.telephone import Production, Telephone, Trunk
from config.telephone_checks import unusable_passwords
from config.usual_ladder import usual_ladder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_settings import PydanticBaseSettingsSource

__all__ = ["Fault", "SecretError", "SecretRef", "Settings", "SettingsError", "load", "unreadable_secrets"]

BRIDGE = {"dialect": "zigbee2mqtt", "role": "bridge", "name": "Zigbee 网桥", "mains": True}
"""Watched in every home that has Zigbee devices, written or not: when it is down, all of them are silent."""

SHORTEST_KEY = 16
"""Characters of the key that seals what goes to the station. Source: RFC 2104 section 3, at least half the hash."""

M = TypeVar("M", bound=BaseModel)


class Settings(BaseSettings):
    """Everything that may be set for one home. Made by `load`; nothing reads files or variables by itself."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
    )

    home: HomeSettings
    """住户 / the home"""
    bed: Bed
    """家庭照护床位 / the home care bed"""
    resident: Resident
    """老人 / the resident"""
    rooms: Annotated[
        tuple[Room, ...],
        Field(min_length=1, strict=False),
        Allowed("至少一个 [[rooms]]", "at least one [[rooms]] table"),
    ]
    """房间 / rooms"""
    devices: Annotated[
        tuple[Device, ...],
        Field(min_length=1, strict=False),
        Allowed("至少一个 [[devices]]", "at least one [[devices]] table"),
    ]
    """设备 / devices"""
    broker: Broker = Broker()
    """家里的 MQTT 代理 / the home's broker"""
    zigbee2mqtt: Zigbee2mqtt = Zigbee2mqtt()
    """Zigbee2MQTT 网桥 / the Zigbee2MQTT bridge"""
    native: Native = Native()
    """自制设备 / devices that speak our own dialect"""
    station: Station | None = None
    """社区养老服务驿站 / the community station"""
    scaip: Scaip | None = None
    """按 SCAIP 接警的中心 / an alarm centre that speaks SCAIP"""
    dc09: Dc09 | None = None
    """按 SIA DC-09 接警的中心 / an alarm centre that speaks SIA DC-09"""
    ladder: Annotated[
        tuple[Rung, ...], Field(strict=False), Allowed("[[ladder]] 表的列表", "a list of [[ladder]] tables")
    ] = ()
    """升级链；不写则由驿站接警 / the ladder; when left out, the station is told at once"""
    hotline: Production = Production()
    """真实呼叫的总开关 / whether real people may be called"""
    trunks: Annotated[
        tuple[Trunk, ...], Field(strict=False), Allowed("[[trunks]] 表的列表", "a list of [[trunks]] tables")
    ] = ()
    """运营商的 SIP 线路 / the carrier's SIP trunks"""
    telephone: Telephone = Telephone()
    """打出去的电话 / telephone calls"""
    sms: Sms | None = None
    """短信；不写即不发 / text messages; none when left out"""
    store: Store = Store()
    """数据库 / the database"""
    api: Api = Api()
    """家里的小网页 / the home's page"""
    limits: Limits
    """阈值；不写则用 limits.toml 的默认值 / thresholds; limits.toml gives the rest"""
    power: Power = Power()
    """供电 / what feeds the gateway"""
    annunciator: Annunciator = Annunciator()
    """家里的播报 / how the resident is spoken to"""
    clock: ClockSource = ClockSource()
    """时钟 / the clock"""

    @property
    def regional_hotline(self) -> regions.Hotline:
        """The elder-service hotline of the home's region."""
        return regions.hotline(self.home.region)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the same)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the same)
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the same)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the same)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over counts: it alone decides which file and which environment."""
        return (init_settings,)

    def anchored(self, folder: Path) -> Self:
        """The same settings with every relative path taken from `folder`, whatever the working directory is."""
        return _anchored(self, folder)


def load(path: Path | None, env: Mapping[str, str]) -> Settings:
    """Reads and checks one home's configuration.

    Args:
        path: the TOML file; None when everything comes from the environment.
        env: the environment; SHOUWANG_<SECTION>__<KEY> wins over the file.

    Returns:
        Settings whose relative paths start at the file's folder.

    Raises:
        SettingsError: anything is wrong; `faults` tells all of it.
    """
    source = "" if path is None else str(path)
    written = {} if path is None else _read(path)
    over, names, faults = from_environment(Settings, env)
    faults += _only_in_the_file(over, names)
    settings = _judged(source, _completed(overlaid(written, over)), names, faults)
    return settings if path is None else settings.anchored(path.absolute().parent)


def _judged(source: str, data: dict[str, Any], names: dict[str, Any], faults: list[Fault]) -> Settings:
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        faults = faults + explained(error.errors(include_url=False, include_context=False), Settings, data, names)
    known = {fault.key for fault in faults}
    faults = [*faults, *(fault for fault in crosschecks(data) if fault.key not in known)]
    if settings is None or faults:
        raise SettingsError(source, faults)
    return settings


def _only_in_the_file(over: dict[str, Any], names: dict[str, Any]) -> list[Fault]:
    """Take away what no variable may set: one left over from a trial must not let a machine call real people."""
    table = over.get("hotline")
    if not isinstance(table, dict) or "production" not in table:
        return []
    del table["production"]
    allowed = Allowed("只能写在配置文件的 [hotline] 里", "only the file's [hotline] can say so")
    return [Fault(key=names["hotline"]["production"], found=HIDDEN, allowed=str(allowed))]


def unreadable_secrets(settings: Settings, env: Mapping[str, str]) -> tuple[Fault, ...]:
    """Every reference to a secret that leads nowhere, and keys that are none for the station or the alarm centre.

    For `shouwang check`: before the first alert needs one.
    """
    keys = (*_short_key(settings.station, env), *_no_key(settings.dc09, env))
    return (*_unreadable(settings, "", env), *keys, *unusable_passwords(settings.trunks, env))


def _read(path: Path) -> dict[str, Any]:
    key = str(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        allowed = Allowed(
            "可读的配置文件（可从 config/gateway.example.toml 复制一份）",
            "a readable configuration file (start from a copy of config/gateway.example.toml)",
        )
        found = f"读不到（{error.strerror}） / unreadable ({error.strerror})"
    except UnicodeDecodeError as error:
        allowed = Allowed("UTF-8 文本", "UTF-8 text")
        found = f"第 {error.start} 字节不是 UTF-8 / byte {error.start} is not UTF-8"
    except tomllib.TOMLDecodeError as error:
        allowed = Allowed(
            "TOML 格式：文字加引号，时刻写成 22:30:00，同一个键只写一次",
            "TOML: texts in quotes, times as 22:30:00, each key once",
        )
        found, line = str(error), re.search(r"at line (\d+)", str(error))
        key = f"{path}:{line[1]}" if line else key
    raise SettingsError(str(path), [Fault(key=key, found=found, allowed=str(allowed))])


def _completed(data: dict[str, Any]) -> dict[str, Any]:
    """Adds the limits that the file leaves out, the usual ladder where it has none, and the radio bridge."""
    completed = dict(data)
    limits = data.get("limits", {})
    completed["limits"] = {**defaults(), **limits} if isinstance(limits, dict) else limits
    usual = usual_ladder(data)
    if "ladder" not in data and usual:
        completed["ladder"] = usual
    zigbee = [device for _, device in tables(data, "devices") if device.get("dialect") == "zigbee2mqtt"]
    if zigbee and not any(device.get("role") == "bridge" for device in zigbee):
        completed["devices"] = [*data["devices"], BRIDGE | {"id": bridge_id(data)}]
    return completed


def _anchored(model: M, folder: Path) -> M:
    values = {name: getattr(model, name) for name in type(model).model_fields}
    moved = {name: _moved(value, folder) for name, value in values.items()}
    return model.model_copy(update={name: new for name, new in moved.items() if new is not values[name]})


def _moved(value: object, folder: Path) -> object:
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, BaseModel):
        return _anchored(value, folder)
    return tuple(_moved(entry, folder) for entry in value) if isinstance(value, tuple) else value


def _short_key(station: Station | None, env: Mapping[str, str]) -> Iterator[Fault]:
    with suppress(SecretError):  # which _unreadable tells
        length = len(station.secret.reveal(env)) if station else SHORTEST_KEY
        if length < SHORTEST_KEY:
            allowed = Allowed(
                f"至少 {SHORTEST_KEY} 个字（openssl rand -hex 32）",
                f"at least {SHORTEST_KEY} characters (openssl rand -hex 32)",
            )
            yield Fault(key="station.secret", found=f"{length} 个字 / {length} characters", allowed=str(allowed))


def _no_key(centre: Dc09 | None, env: Mapping[str, str]) -> Iterator[Fault]:
    if centre is None or centre.key is None:
        return
    with suppress(SecretError):  # which _unreadable tells
        length = len(centre.key.reveal(env))
        try:
            centre.key_bytes(env)
        except SecretError as error:
            yield Fault(key="dc09.key", found=f"{length} 个字 / {length} characters", allowed=str(error))


def _unreadable(value: object, key: str, env: Mapping[str, str]) -> Iterator[Fault]:
    if isinstance(value, SecretRef):
        try:
            value.reveal(env)
        except SecretError as error:
            allowed = Allowed("读得到的密码", "a secret that can be read")
            yield Fault(key=key, found=str(error), allowed=str(allowed))
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _unreadable(getattr(value, name), f"{key}.{name}".lstrip("."), env)
    elif isinstance(value, tuple):
        for place, entry in enumerate(value):
            yield from _unreadable(entry, f"{key}[#{place + 1}]", env)
