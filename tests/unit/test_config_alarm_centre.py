"""What the installer may write of an alarm centre."""

from pathlib import Path

import pytest

from config.secret import SecretError
from config.settings import Settings, SettingsError, load, unreadable_secrets

HOME = """
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
room = "bedroom"
"""
RUNG = """
[[ladder]]
contact = "中心"
channels = ["{channel}"]
after_s = 0
"""
SCAIP = '[scaip]\nhost = "arc.example"\naccount = "417"\n'
DC09 = '[dc09]\nhost = "arc.example"\nport = 9999\naccount = "0417"\n'
KEYED = DC09 + 'key = { env = "KEY" }\n'


def read(folder: Path, text: str) -> Settings:
    file = folder / "gateway.toml"
    file.write_text(HOME + text, encoding="utf-8")
    return load(file, {})


def faults(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(SettingsError) as caught:
        read(folder, text)
    return [(fault.key, fault.allowed.split(" / ")[-1]) for fault in caught.value.faults]


def test_a_scaip_centre_with_what_it_needs_only(tmp_path: Path):
    section = read(tmp_path, SCAIP + RUNG.format(channel="scaip")).scaip

    assert section is not None
    assert (section.port, section.transport, section.centre, section.heartbeat_s) == (5060, "udp", "scaip", 3600.0)
    assert (section.user, section.password, section.callback, section.local_id) == (None, None, None, None)


def test_a_dc09_centre_with_what_it_needs_only(tmp_path: Path):
    section = read(tmp_path, DC09 + RUNG.format(channel="dc09")).dc09

    assert section is not None
    assert (section.transport, section.receiver, section.line, section.link_test_s) == ("tcp", "0", "0", 3600.0)
    assert (section.key_bytes({}), section.own_codes()) == (None, {})


def test_the_centre_may_want_other_codes(tmp_path: Path):
    section = read(tmp_path, DC09 + 'codes = { fall = "103" }\n' + RUNG.format(channel="dc09")).dc09

    assert section is not None
    assert section.own_codes() == {"fall": "103"}


@pytest.mark.parametrize("channel", ["scaip", "dc09"])
def test_a_rung_needs_its_centre(tmp_path: Path, channel: str):
    assert faults(tmp_path, RUNG.format(channel=channel)) == [
        ('ladder["中心"].channels', f"a [{channel}] section that says which centre")
    ]


@pytest.mark.parametrize(
    ("section", "written", "key", "allowed"),
    [
        (SCAIP, 'callback = "0471 5550417"', "scaip.callback", "a telephone number in quotes: digits, + in front if"),
        (SCAIP, 'transport = "sctp"', "scaip.transport", "one of: udp, tcp, tls"),
        (SCAIP, 'local_id = "nobody"', "scaip.local_id", 'name@host, such as "417@home.example"'),
        (SCAIP, "heartbeat_s = 1.0", "scaip.heartbeat_s", "seconds, 10 to 86400"),
        (DC09, 'line = "XYZ"', "dc09.line", "1 to 6 hex digits (0-9, A-F), in quotes"),
        (DC09, 'codes = { fall = "7" }', "dc09.codes.fall", 'a Contact ID event code, such as "103"'),
        (DC09, 'key_form = "base64"', "dc09.key_form", "one of: hex, text"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(tmp_path: Path, section: str, written: str, key: str, allowed: str):
    channel = section[1:].partition("]")[0]
    ((found, words),) = faults(tmp_path, f"{section}{written}\n" + RUNG.format(channel=channel))

    assert found == key
    assert words.startswith(allowed)


@pytest.mark.parametrize(
    ("form", "secret", "length"),
    [("hex", "00" * 16, 16), ("hex", "AB" * 24, 24), ("hex", "cd" * 32, 32), ("text", "sixteen letters!", 16)],
)
def test_a_key_is_hex_digits_or_plain_characters(tmp_path: Path, form: str, secret: str, length: int):
    settings = read(tmp_path, f'{KEYED}key_form = "{form}"\n' + RUNG.format(channel="dc09"))

    assert settings.dc09 is not None
    assert len(settings.dc09.key_bytes({"KEY": secret}) or b"") == length
    assert unreadable_secrets(settings, {"KEY": secret}) == ()


@pytest.mark.parametrize(("form", "secret"), [("hex", "abc"), ("hex", "sixteen letters!"), ("text", "太短")])
def test_what_is_no_key_is_told_before_the_first_alert_needs_it(tmp_path: Path, form: str, secret: str):
    settings = read(tmp_path, f'{KEYED}key_form = "{form}"\n' + RUNG.format(channel="dc09"))

    assert settings.dc09 is not None
    with pytest.raises(SecretError, match="32, 48 or 64 hex digits"):
        settings.dc09.key_bytes({"KEY": secret})
    (fault,) = unreadable_secrets(settings, {"KEY": secret})
    assert fault.key == "dc09.key"
    assert secret not in str(fault)
