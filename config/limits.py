"""Every threshold: limits.toml gives value and range, [limits] of the home's file may choose within the range."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import time  # noqa: TC003 (pydantic resolves annotations when the class is made)
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pydantic import ValidationInfo, field_validator

from config.faults import Allowed
from config.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("limits.toml")

Value: TypeAlias = "int | float | time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One threshold as limits.toml describes it.

    Args:
        value: the default.
        unit: of value, min and max.
        min, max: the range that an installer may choose from, both ends included.
        source: a publication, or why we chose it.
        zh, en: what it does, in one sentence.
    """

    value: Value
    unit: str
    min: Value
    max: Value
    source: str
    zh: str
    en: str

    def allows(self, value: Value) -> bool:
        """Whether the value lies in the range; NaN does not."""
        return self.min <= value <= self.max  # type: ignore[operator]  # one limit's three values share their type

    @property
    def allowed(self) -> Allowed:
        """The range in words."""
        if isinstance(self.value, int | float):
            return Allowed(
                f"{self.min}–{self.max} 的数（{self.unit}）", f"a number, {self.min} to {self.max} {self.unit}"
            )
        return Allowed(
            f"{self.min}–{self.max} 的时刻，不加引号，写到秒，如 22:30:00",
            f"a time of day from {self.min} to {self.max}, without quotes, with seconds: 22:30:00",
        )


@cache
def catalogue() -> Mapping[str, Limit]:
    """Every limit of limits.toml by its key, in the order of the file."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {key: Limit(**entry) for key, entry in data.items()}


def defaults() -> dict[str, Value]:
    """The default values by key."""
    return {key: limit.value for key, limit in catalogue().items()}


class Limits(Section):
    """[limits] 阈值。Values in seconds unless the name says otherwise; limits.toml says what each one does."""

    inactivity_day_s: float
    inactivity_night_s: float
    inactivity_floor_s: float
    false_alarms_a_month: float
    bathroom_long_s: float
    out_of_bed_s: float
    away_after_s: float
    door_open_day_s: float
    door_open_night_s: float
    out_at_night_s: float
    away_long_s: float
    fall_maybe_s: float
    fall_up_s: float
    silence_factor: float
    silence_cap_s: float
    bridge_silence_s: float
    bridge_replay_s: float
    sos_burst_s: float
    battery_low_percent: float
    trial_window_s: float
    trial_confirm_s: float
    trial_every_days: int
    trial_grace_days: int
    unseen_limit_s: float
    day_starts: time
    night_starts: time
    mains_loss_s: float
    battery_stop_runtime_s: float
    battery_stop_percent: float
    receipt_timeout_s: float
    countdown_s: float
    gentle_s: float
    arrival_s: float
    arrival_remote_s: float
    ladder_round_s: float
    heartbeat_s: float
    spare_heartbeat_s: float
    spare_alone_heartbeat_s: float
    station_silence_s: float
    spare_silence_s: float
    path_test_time: time
    message_max_bytes: int
    clock_jump_s: float
    commit_wait_s: float
    refusals_kept: int

    @field_validator("*")
    @classmethod
    def _in_range(cls, value: Value, info: ValidationInfo) -> Value:
        if not catalogue()[info.field_name or ""].allows(value):
            raise ValueError("out of range")
        return value
