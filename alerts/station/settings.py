"""What a station may set: one TOML file, overridden by environment variables; every fault told at once.

Environment variables are named SHOUWANG_STATION_<TABLE>__<KEY>, for example SHOUWANG_STATION_HTTP__PORT.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_SECRET = 16
"""Characters of a home's secret. Source: RFC 2104 section 3, a key at least as long as half the hash's output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with the settings.

    Args:
        key: where, as the file writes it.
        found: what stands there; never a secret.
        sentence: what is allowed.
    """

    key: str
    found: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.key}: {self.sentence} (found {self.found})"


class SettingsError(Exception):
    """The settings cannot be used; `faults` says everything that is wrong with them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class Section(BaseModel):
    """A table of the file: frozen, and unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SecretRef(Section):
    """Where a secret is kept; the settings never hold it."""

    file: Path | None = None
    env: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> SecretRef:
        if (self.file is None) == (self.env is None):
            raise ValueError('say where the secret is: either file = "..." or env = "..."')
        return self

    def reveal(self) -> str:
        """Reads the secret. Raises OSError or KeyError when it is not there."""
        if self.file is not None:
            return self.file.read_text(encoding="utf-8").strip()
        return os.environ[self.env or ""].strip()


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("a name of the time zone database, such as Asia/Shanghai")
    return name


def _argon2(hashed: str) -> str:
    try:
        extract_parameters(hashed)
    except InvalidHashError:
        raise ValueError("an argon2 hash; make one with: python -m alerts.station --hash-password") from None
    return hashed


def _home_id(name: str) -> str:
    if not re.fullmatch(r"[^/+#\x00]{1,64}", name):
        raise ValueError("a home's id: 1 to 64 characters without / + #")
    return name


Port = Annotated[int, Field(ge=1, le=65535)]


class Broker(Section):
    """The station's broker."""

    host: str = "127.0.0.1"
    port: Port = 1883
    username: str | None = None
    password: SecretRef | None = None
    tls: bool = False
    ca_file: Path | None = None
    client_id: str = "shouwang-station"
    prefix: Annotated[str, Field(pattern=r"^[^/+#\x00]+(/[^/+#\x00]+)*$")] = "shouwang-station/v1"


class Http(Section):
    """Where the console is served. Anything but loopback should have a certificate, since people type passwords."""

    host: str = "127.0.0.1"
    port: Port = 8480
    certificate_file: Path | None = None
    key_file: Path | None = None


class HomeEntry(Section):
    """One home that this station serves."""

    secret: SecretRef
    bed_code: str = ""
    name: str = ""


class StationSettings(BaseSettings):
    """Everything a station may set."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="SHOUWANG_STATION_",
        env_nested_delimiter="__",
        hide_input_in_errors=True,
    )

    name: str = "社区养老服务驿站"
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    station_silence_s: Annotated[float, Field(ge=10, le=86_400)] = 170.0  # telecare-facts A9: ≤ 3 min on the main path
    spare_silence_s: Annotated[float, Field(ge=60, le=86_400)] = 17_700.0  # the same: ≤ 5 h on the spare path
    broker: Broker = Broker()
    store: Path = Path("station.db")
    keep_days: Annotated[int, Field(ge=31, le=3660)] = (
        400  # a year and a month: this month can be held against last year's
    )
    http: Http = Http()
    homes: Annotated[dict[Annotated[str, AfterValidator(_home_id)], HomeEntry], Field(min_length=1)]
    staff: Annotated[dict[str, Annotated[str, AfterValidator(_argon2)]], Field(min_length=1)]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (`init_settings`); nothing else is read."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def zone(self) -> ZoneInfo:
        """The station's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the references lead to, read once at the start.

    Args:
        homes: home id → the key of its seal.
        broker: the password at the broker; None where there is none.
    """

    homes: dict[str, bytes]
    broker: str | None


def load(path: Path) -> tuple[StationSettings, Secrets]:
    """Reads the file and every secret it refers to.

    Args:
        path: a TOML file.

    Raises:
        SettingsError: with every fault.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([Fault(key=str(path), found=str(error), sentence="a readable TOML file")]) from None
    try:
        settings = StationSettings(**written)
    except ValidationError as error:
        raise SettingsError([_fault(each) for each in error.errors(include_url=False)]) from None
    faults = list(_secret_faults(settings))
    if faults:
        raise SettingsError(faults)
    homes = {home: entry.secret.reveal().encode() for home, entry in settings.homes.items()}
    broker = settings.broker.password.reveal() if settings.broker.password is not None else None
    return settings, Secrets(homes=homes, broker=broker)


def _fault(error: Any) -> Fault:  # noqa: ANN401 - pydantic's error details
    found = "nothing" if error["type"] == "missing" else type(error.get("input")).__name__
    key = ".".join(str(part) for part in error["loc"]) or "the file"
    return Fault(key=key, found=found, sentence=error["msg"].removeprefix("Value error, "))


def _secret_faults(settings: StationSettings) -> Iterator[Fault]:
    named = [(f"homes.{home}.secret", entry.secret, SHORTEST_SECRET) for home, entry in settings.homes.items()]
    if settings.broker.password is not None:
        named.append(("broker.password", settings.broker.password, 1))
    for key, reference, shortest in named:
        try:
            length = len(reference.reveal())
        except (OSError, KeyError, UnicodeDecodeError) as error:
            yield Fault(key=key, found=f"{type(error).__name__}: {error}", sentence="a secret that can be read")
            continue
        if length < shortest:
            yield Fault(key=key, found=f"{length} characters", sentence=f"a secret of at least {shortest} characters")
