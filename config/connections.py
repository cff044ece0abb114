"""Whom the gateway talks to: the home's broker, the station, the ladder of people, its store, its page, its clock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.faults import Allowed
from config.secret import SecretRef  # noqa: TC001 (pydantic resolves annotations when the classes are made)
from config.section import Section
from config.values import (
    SEVERITIES,
    Address,
    Channel,
    Days,
    DelayS,
    File,
    Host,
    HttpUrl,
    Id,
    Interface,
    PhoneNumber,
    Port,
    Severity,
    Switch,
    Text,
    Time,
    TopicName,
)

Stretches = Annotated[
    tuple["Hours", ...],
    Field(strict=False),
    Allowed(
        '时间段的列表，如 [{ opens = 08:30:00, closes = 17:30:00, days = "workdays" }]',
        'a list such as [{ opens = 08:30:00, closes = 17:30:00, days = "workdays" }]',
    ),
]
Severities = Annotated[
    tuple[Severity, ...],
    Field(min_length=1, strict=False),
    Allowed(
        'emergency、warning、fault 中的几个，如 ["emergency", "warning"]',
        'some of emergency, warning, fault: ["emergency", "warning"]',
    ),
]


class Broker(Section):
    """[broker] 家里的 MQTT 代理."""

    host: Host = "127.0.0.1"
    """主机 / host"""
    port: Port = 1883
    """端口 / port"""
    username: Text | None = None
    """用户名 / user name"""
    password: SecretRef | None = None
    """密码的出处 / where the password is kept"""
    tls: Switch = False
    """是否加密 / encrypt with TLS"""
    ca_file: File | None = None
    """自签证书机构的证书；用公共机构时不写 / certificate of a private authority; leave out for public ones"""
    client_id: Id = "shouwang-gateway"
    """客户端名称，同一代理上不可重复 / client id, unique on this broker: it names the persistent session"""


class Spare(Section):
    """[station.spare] 通往驿站的备用通道，如 4G；用户名、密码、密钥与 [station] 相同."""

    host: Host | None = None
    """另一台主机或另一个地址；不写则同 [station] / another host or address of the broker; else as in [station]"""
    port: Port | None = None
    """端口；不写则同 [station] / port; else as in [station]"""
    interface: Interface | None = None
    """从哪块网卡出去 / the network interface to leave by"""
    address: Address | None = None
    """从本机哪个地址出去 / the local address to leave from"""


class Station(Section):
    """[station] 社区养老服务驿站."""

    host: Host
    """驿站 MQTT 代理的主机 / host of the station's broker"""
    port: Port = 8883
    """端口 / port"""
    username: Text | None = None
    """用户名 / user name"""
    password: SecretRef | None = None
    """密码的出处 / where the password is kept"""
    secret: SecretRef
    """本户密钥的出处（openssl rand -hex 32） / where this home's own key is kept; it signs every message"""
    tls: Switch = True
    """是否加密 / encrypt with TLS"""
    ca_file: File | None = None
    """自签证书机构的证书；用公共机构时不写 / certificate of a private authority; leave out for public ones"""
    prefix: TopicName = "shouwang-station/v1"
    """主题前缀，与驿站一致，且不在家里设备的主题之下 / topic prefix, the same at both ends"""
    duty_phone: PhoneNumber | None = None
    """驿站的第二部值班电话，加引号；不写 [[ladder]] 时在 60 秒呼叫 / the station's second duty telephone, called at
    60 s where there is no [[ladder]]"""
    spare: Spare | None = None
    """备用通道；不写则只有一条 / the spare path; none when left out"""


class Hours(Section):
    """{ opens, closes, days } 一段时间."""

    opens: Time
    """从几点 / from"""
    closes: Time
    """到几点；早于开始即过夜 / until; over midnight when it is not later"""
    days: Annotated[Days, Allowed("daily、workdays 或 restdays", "daily, workdays or restdays")] = "daily"
    """哪些天：每天、工作日（含调休上班）、休息日（含法定假日） / every day, or China's workdays or rest days"""


class Quiet(Section):
    """{ hours, severities } 免打扰."""

    hours: Stretches
    """什么时候 / when"""
    severities: Severities = ("warning", "fault")
    """哪些级别；紧急告警任何时候都通知 / for which severities; an emergency is told at any hour"""


class Rung(Section):
    """[[ladder]] 升级链的一级."""

    contact: Text
    """通知谁，每级不同 / whom we tell; a name of its own"""
    channels: Annotated[
        tuple[Channel, ...],
        Field(min_length=1, strict=False),
        Allowed(
            'station、webhook、call、sms、scaip、dc09 中的几个，如 ["call", "sms"]',
            'some of station, webhook, call, sms, scaip, dc09: ["call", "sms"]',
        ),
    ]
    """通过什么，同时进行 / by which channels, all at once"""
    after_s: DelayS
    """告警后多少秒仍无人接警时通知 / seconds after the alert, if nobody has taken it"""
    severities: Severities = SEVERITIES
    """哪些级别的告警 / for which severities; all when left out"""
    hours: Stretches = ()
    """有人值守的时间；不写即全天 / when somebody is there; always when left out"""
    quiet: Quiet | None = None
    """免打扰的时间 / when it wishes not to be told"""
    gentle: Switch = False
    """只在“长时间无动静”时先问一声（邻居、家里电话） / asked first, and only, when there is no sign of life"""
    number: PhoneNumber | None = None
    """call、sms 的电话号码，加引号 / telephone number for call and sms, in quotes"""
    url: HttpUrl | None = None
    """webhook 的地址 / the webhook's address"""
    token: SecretRef | None = None
    """webhook 令牌的出处 / where the webhook's bearer token is kept"""


class Store(Section):
    """[store] 数据库."""

    path: File = Path("shouwang.db")
    """数据库文件；相对路径从本配置文件所在目录算起 / database file; relative to this configuration's folder"""
    keep_days: Annotated[int, Field(ge=1, le=3660), Allowed("1–3660 的天数", "days, 1 to 3660")] = 400
    """读数和已办结的告警保留多少天 / days that readings and closed alerts are kept"""


class Api(Section):
    """[api] 家里的小网页."""

    enabled: Switch = True
    """是否开启 / on or off"""
    host: Host = "127.0.0.1"
    """监听地址；其他电脑要看时写本机地址，并必须设密码 / address to listen on; other than loopback needs a password"""
    port: Port = 8080
    """端口 / port"""
    password_hash: SecretRef | None = None
    """登录密码的 argon2 散列的出处 / where the argon2 hash of the login password is kept"""
    token: SecretRef | None = None
    """程序访问用的令牌的出处 / where the token for programs is kept"""


class ClockSource(Section):
    """[clock] 时钟；真实的家不需要写."""

    file: File | None = None
    """模拟家庭的时钟文件，仅用于演示 / clock file of a simulated home; for the demo only"""
