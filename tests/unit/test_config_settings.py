"""A home's file gives exact settings; the environment wins; secrets stay where they are."""

from dataclasses import fields
from datetime import time
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from alerts.model import Severity
from config import values
from config.connections import Hours, Quiet, Rung
from config.home import Contact, Device, Room
from config.secret import SecretError, SecretRef
from config.settings import Settings, load, unreadable_secrets
from config.usual_ladder import usual_ladder
from devices.catalog import lookup
from gateway.detection.home import Limits, Role

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = CONFIG / "gateway.example.toml"
SECRETS = {
    "SHOUWANG_STATION_PASSWORD": "station-pass",
    "SHOUWANG_DAUGHTER_TOKEN": "daughter-token",
}

SMALL = """
[home]
id = "h1"
[bed]
code = "B1"
address = "somewhere"
how_to_enter = "the key is with the neighbour"
[resident]
name = "李秀兰"
birth_year = 1941
ability_level = 0
[[rooms]]
id = "bedroom"
name = "卧室"
kind = "bedroom"
[[devices]]
id = "button"
dialect = "native"
role = "sos"
name = "按钮"
[station]
host = "127.0.0.1"
secret = { env = "KEY" }
"""


@pytest.fixture
def example() -> Settings:
    return load(EXAMPLE, {})


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.toml"
    file.write_text(SMALL, encoding="utf-8")
    return file


def test_the_example_is_the_home_it_describes(example: Settings) -> None:
    assert example.home.model_dump() == {
        "id": "hh-0417",
        "timezone": ZoneInfo("Asia/Shanghai"),
        "region": "inner_mongolia",
    }
    assert example.bed.code == "NMG-HHHT-000417"
    assert example.resident.name == "李秀兰"
    assert (example.resident.birth_year, example.resident.ability_level) == (1941, 1)
    assert example.resident.illnesses == ("高血压", "2019 年脑梗，左腿无力", "青霉素过敏")
    assert example.resident.contacts[0] == Contact(name="张敏", relation="女儿", phone="13955500417")
    assert example.rooms[2] == Room(id="bath", name="卫生间", kind="bathroom")
    assert [room.id for room in example.rooms] == ["bedroom", "living", "bath", "kitchen", "hall"]


def test_the_example_has_a_device_of_every_role_and_of_both_dialects(example: Settings) -> None:
    assert {device.role for device in example.devices} == set(get_args(values.Role))
    assert {device.dialect for device in example.devices} == {"native", "zigbee2mqtt"}
    assert len(example.devices) == 17
    assert example.devices[2] == Device(
        id="bath_radar",
        dialect="zigbee2mqtt",
        model="MIR-HE200-TY_fall",
        role="fall",
        room="bath",
        name="卫生间跌倒雷达",
    )
    assert next(d for d in example.devices if d.id == "pendant-01").room == ""


def test_the_catalogue_knows_every_model_of_the_example(example: Settings) -> None:
    models = [device.model for device in example.devices if device.model]
    assert len(models) == 15
    assert [model for model in models if lookup(model) is None] == []


def test_the_example_tells_the_station_then_duty_then_the_daughter(example: Settings) -> None:
    assert example.ladder == (
        Rung(
            contact="驿站",
            channels=("station",),
            after_s=0.0,
            severities=("emergency", "warning", "fault"),
            hours=(
                Hours(opens=time(8, 30), closes=time(17, 30), days="workdays"),
                Hours(opens=time(9), closes=time(16), days="restdays"),
            ),
        ),
        Rung(
            contact="值班手机",
            channels=("webhook",),
            after_s=60.0,
            severities=("emergency", "warning"),
            url="https://duty.example.cn/shouwang",
            token=SecretRef(file=CONFIG / "secrets/duty-token"),
        ),
        Rung(
            contact="女儿",
            channels=("webhook",),
            after_s=180.0,
            severities=("emergency", "warning"),
            quiet=Quiet(hours=(Hours(opens=time(22), closes=time(7)),), severities=("warning",)),
            url="https://family.example.cn/hooks/hh-0417",
            token=SecretRef(env="SHOUWANG_DAUGHTER_TOKEN"),
        ),
    )


def test_the_example_connects_where_it_says(example: Settings) -> None:
    assert (example.broker.host, example.broker.port, example.broker.username) == ("127.0.0.1", 1883, "gateway")
    assert example.station is not None
    assert (example.station.host, example.station.port, example.station.tls) == ("station.example.cn", 8883, True)
    assert (example.zigbee2mqtt.base_topic, example.native.base_topic) == ("zigbee2mqtt", "shouwang")
    assert (example.api.enabled, example.api.host, example.api.port) == (True, "127.0.0.1", 8080)
    assert example.store.keep_days == 400
    assert example.clock.file is None


def test_the_region_decides_the_hotline(example: Settings) -> None:
    assert (example.regional_hotline.number, example.regional_hotline.hours) == ("96111", "unknown")


def test_half_past_ten_stays_half_past_ten(example: Settings) -> None:
    assert example.limits.night_starts == time(22, 30)
    assert example.limits.day_starts == time(5, 30)


def test_the_file_changes_only_the_limits_that_it_names(example: Settings) -> None:
    assert example.limits.inactivity_day_s == 18000
    assert example.limits.inactivity_night_s == 36000
    assert example.limits.message_max_bytes == 65536


def test_relative_paths_start_at_the_files_folder(example: Settings) -> None:
    assert example.store.path == CONFIG / "data/shouwang.db"
    assert example.broker.password == SecretRef(file=CONFIG / "secrets/broker-password")


def test_without_a_ladder_the_station_is_told_at_once(small: Path) -> None:
    assert load(small, {}).ladder == (Rung(contact="station", channels=("station",), after_s=0.0),)


def test_a_home_with_zigbee_devices_has_its_bridge_watched(small: Path) -> None:
    extra = '[[devices]]\nid = "门"\ndialect = "zigbee2mqtt"\nrole = "entrance"\nname = "大门"\n'
    small.write_text(SMALL + extra + '[zigbee2mqtt]\nbase_topic = "z/1"\n', encoding="utf-8")
    assert load(small, {}).devices[2] == Device(
        id="z/1/bridge", dialect="zigbee2mqtt", role="bridge", name="Zigbee 网桥", mains=True
    )


def test_the_environment_wins(small: Path) -> None:
    env = {
        "SHOUWANG_BROKER__PORT": "8883",
        "SHOUWANG_BROKER__TLS": "true",
        "SHOUWANG_STATION__SECRET__FILE": "/run/key",
        "SHOUWANG_RESIDENT__NAME": "007",
        "SHOUWANG_RESIDENT__ILLNESSES": '["糖尿病"]',
        "SHOUWANG_LIMITS__NIGHT_STARTS": "21:30:00",
        "SHOUWANG_LIMITS__INACTIVITY_DAY_S": "7200",
        "SHOUWANG_HOME__TIMEZONE": "Asia/Urumqi",
    }
    settings = load(small, env)
    assert (settings.broker.port, settings.broker.tls) == (8883, True)
    assert settings.station is not None
    assert settings.station.secret == SecretRef(file=Path("/run/key"))
    assert settings.resident.name == "007"
    assert settings.resident.illnesses == ("糖尿病",)
    assert settings.limits.night_starts == time(21, 30)
    assert settings.limits.inactivity_day_s == 7200
    assert settings.home.timezone == ZoneInfo("Asia/Urumqi")


def test_only_load_reads_the_environment(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOUWANG_BROKER__PORT", "9999")
    assert load(small, {}).broker.port == 1883


def test_variables_that_are_not_the_gateways_are_left_alone(small: Path) -> None:
    env = {"SHOUWANG_DATA": "x", "SHOUWANG_STATION_PASSWORD": "y", "SHOUWANG_STATION_HTTP__PORT": "8480"}
    assert load(small, env).broker.port == 1883


def test_a_station_key_that_is_too_short_is_told(small: Path) -> None:
    settings = load(small, {})
    (fault,) = unreadable_secrets(settings, {"KEY": "fifteen letters"})
    assert (fault.key, fault.found) == ("station.secret", "15 个字 / 15 characters")
    assert fault.allowed.endswith("at least 16 characters (openssl rand -hex 32)")
    assert unreadable_secrets(settings, {"KEY": "sixteen letters!"}) == ()


def test_a_file_from_a_windows_editor_loads(small: Path) -> None:
    small.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load(small, {}).home.id == "h1"


def test_settings_are_frozen(example: Settings) -> None:
    with pytest.raises(ValidationError):
        example.home.id = "other"  # type: ignore[misc]  # what the test is about


def test_secrets_are_revealed_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    names = ("broker-password", "station-key", "duty-token", "page-password-hash", "api-token", "upsd-password")
    for name in names:
        (tmp_path / "secrets" / name).write_text(f" hidden-{name}\n", encoding="utf-8")
    file = tmp_path / "gateway.toml"
    file.write_bytes(EXAMPLE.read_bytes())
    settings = load(file, SECRETS)
    assert settings.broker.password is not None
    assert settings.broker.password.reveal() == "hidden-broker-password"
    assert settings.station is not None
    assert settings.station.password is not None
    assert settings.station.password.reveal(SECRETS) == "station-pass"
    assert unreadable_secrets(settings, SECRETS) == ()
    shown = repr(settings) + str(settings) + settings.model_dump_json()
    assert "hidden-" not in shown
    assert "station-pass" not in shown


def test_every_secret_that_leads_nowhere_is_told(example: Settings) -> None:
    assert [fault.key for fault in unreadable_secrets(example, {})] == [
        "broker.password",
        "station.password",
        "station.secret",
        "ladder[#2].token",
        "ladder[#3].token",
        "api.password_hash",
        "api.token",
        "power.password",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "Cannot read"), (b"  \n", "is empty"), (b"\xff\xfe", "is not UTF-8")],
)
def test_a_secret_that_cannot_be_read_says_what_to_do(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SecretError, match=words):
        SecretRef(file=file).reveal()


def test_a_missing_variable_says_which() -> None:
    with pytest.raises(SecretError, match="The variable NOWHERE is not set"):
        SecretRef(env="NOWHERE").reveal({})


def test_every_limit_of_detection_can_be_set(example: Settings) -> None:
    assert {field.name for field in fields(Limits)} <= set(type(example.limits).model_fields)


def test_the_roles_and_severities_are_those_of_detection_and_alerts() -> None:
    assert set(get_args(values.Role)) == {role.value for role in Role}
    assert set(values.SEVERITIES) == {severity.value for severity in Severity}


def test_a_home_without_a_ladder_tells_station_duty_family_and_hotline(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    start, end = text.index("[[ladder]]"), text.index("# ====", text.index("[[ladder]]"))
    text = text[:start] + text[end:]
    text = text.replace("[station]", '[station]\nduty_phone = "0471-5550123"', 1)
    text += '\n[hotline]\nproduction = true\n[[trunks]]\nname = "a"\nhost = "127.0.0.1"\nusername = "u"\n'
    (tmp_path / "gateway.toml").write_text(text, encoding="utf-8")
    found = load(tmp_path / "gateway.toml", SECRETS)
    told = [(rung.contact, rung.channels, rung.after_s, rung.number) for rung in found.ladder]
    family = [person for person in found.resident.contacts if person.phone]
    assert told == [
        ("station", ("station",), 0.0, None),
        ("duty", ("call",), 60.0, "0471-5550123"),
        *((person.name, ("call",), 120.0, person.phone) for person in family),
        ("hotline", ("call",), 180.0, None),
    ]
    assert family


def test_without_telephone_and_modem_the_usual_ladder_is_the_station() -> None:
    assert usual_ladder({"station": {"duty_phone": "1"}, "resident": {"contacts": [{"name": "a", "phone": "1"}]}}) == [
        {"contact": "station", "channels": ["station"], "after_s": 0}
    ]
    assert usual_ladder({"trunks": [{}]}) == []


@pytest.mark.parametrize("odd", [1, "x", [1, "x"], {"contacts": 7}, {"contacts": [3, {"phone": 1}]}])
def test_the_usual_ladder_bears_any_value(odd: object) -> None:
    data = {"station": odd, "resident": odd, "trunks": [1], "sms": odd, "hotline": odd}
    assert usual_ladder(data)[0]["contact"] == "station"
