"""The kinds of values that the configuration's fields take, each with the words that a fault tells about it."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from config.faults import Allowed

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S"), Allowed("1–200 个字", "1 to 200 characters")]
OptionalText = Annotated[str, Field(max_length=500), Allowed("不超过 500 个字", "at most 500 characters")]
Id = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_-]{1,64}$"),
    Allowed("1–64 个字母、数字、_ 或 -", "1 to 64 letters, digits, _ or -"),
]
TopicName = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^+#/\x00-\x1f\x7f]([^+#\x00-\x1f\x7f]*[^+#/\x00-\x1f\x7f])?$"),
    Allowed("不含 +、#，首尾无 / 的名称", "a name without + or #, and no / at either end"),
]
Host = Annotated[
    str,
    Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:%-]+$"),
    Allowed("主机名或 IP 地址", "a host name or an IP address"),
]
Address = Annotated[
    str,
    Field(max_length=45, pattern=r"^[0-9A-Fa-f.:]+$"),
    Allowed("本机的 IP 地址", "an IP address of this machine"),
]
Interface = Annotated[
    str,
    Field(max_length=15, pattern=r"^[A-Za-z0-9._@-]+$"),
    Allowed('网卡名，如 "wwan0"', 'a network interface such as "wwan0"'),
]
"""Source: Linux IFNAMSIZ, 16 with the closing zero."""
Port = Annotated[int, Field(ge=1, le=65535), Allowed("1–65535 的整数", "a whole number from 1 to 65535")]
Switch = Annotated[bool, Allowed("true 或 false（不加引号）", "true or false, without quotes")]
File = Annotated[Path, Field(strict=False), Allowed("文件路径，加引号", "a file's path, in quotes")]
Command = Annotated[
    tuple[Text, ...],
    Field(strict=False, max_length=20),
    Allowed('命令及其参数的列表，如 ["aplay", "-q"]', 'a command and its arguments: ["aplay", "-q"]'),
]
DelayS = Annotated[
    float,
    Field(ge=0, le=86400, allow_inf_nan=False),
    Allowed("0–86400 的秒数", "seconds, 0 to 86400"),
]
IntervalS = Annotated[
    float,
    Field(gt=0, le=604800, allow_inf_nan=False),
    Allowed("大于 0、不超过 604800（7 天）的秒数", "seconds, above 0 and at most 604800 (7 days)"),
]
Time = Annotated[
    time,
    Allowed("时刻，不加引号，写到秒：22:30:00", "a time of day, without quotes, with seconds: 22:30:00"),
]
PhoneNumber = Annotated[
    str,
    Field(pattern=r"^(\+?[0-9][0-9 -]{1,30}|test-[a-z]{1,32})$"),
    Allowed(
        "电话号码，加引号，只有数字、空格和 -，可以 + 开头", "a number in quotes: digits, spaces, -, maybe a leading +"
    ),
]
Timezone = Annotated[
    ZoneInfo,
    Allowed('IANA 时区名，如 "Asia/Shanghai"', 'an IANA time zone such as "Asia/Shanghai"'),
]

Dialect = Literal["native", "zigbee2mqtt"]
Channel = Literal["station", "webhook", "call", "sms", "scaip", "dc09"]
Days = Literal["daily", "workdays", "restdays"]
Severity = Literal["emergency", "warning", "fault"]
SEVERITIES: tuple[Severity, ...] = ("emergency", "warning", "fault")
RoomKind = Literal["bedroom", "living_room", "bathroom", "kitchen", "hall", "study", "balcony", "outside", "other"]
Role = Literal[
    "sos",
    "fall",
    "entrance",
    "inner_door",
    "motion",
    "presence",
    "bed",
    "seat",
    "activity",
    "hazard",
    "bridge",
    "other",
]
"""The same words as `gateway.detection.home.Role`; a test holds both together, since config imports nothing of ours."""


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.port == 0:
        raise ValueError("not an http(s) address")
    return url


HttpUrl = Annotated[
    str,
    AfterValidator(_http_url),
    Allowed(
        "http:// 或 https:// 开头的地址，不含用户名和密码", "an http:// or https:// address without user or password"
    ),
]
