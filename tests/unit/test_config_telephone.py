"""The telephone's part of a home's file: what it gives, and what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.settings import SettingsError, load, unreadable_secrets

EXAMPLE = Path(__file__).parents[2] / "config" / "gateway.example.toml"
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
"""
TRUNK = """
[[trunks]]
name = "{}"
host = "{}"
username = "{}"
password = {{ env = "TRUNK" }}
"""
RUNG = """
[[ladder]]
contact = "duty"
channels = ["call"]
after_s = 0
"""
NUMBER = 'number = "test-duty"\n'


def faults(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "g.toml").write_text(HOME + text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(folder / "g.toml", {})
    return [(fault.key, fault.allowed.split(" / ")[-1]) for fault in caught.value.faults]


def test_the_example_works_once_its_telephone_is_uncommented(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    begin = text.index("# [hotline]")
    end = text.index("\n\n", text.index('# contact = "hotline"'))
    telephone = re.sub(r"^# ?", "", text[begin:end], flags=re.MULTILINE)
    (tmp_path / "g.toml").write_text(text[:begin] + telephone + text[end:], encoding="utf-8")
    settings = load(tmp_path / "g.toml", {})
    assert (settings.telephone.lines, settings.telephone.call_back) == (2, "0471-5550100")
    assert settings.telephone.recordings == tmp_path / "recordings"
    (trunk,) = settings.trunks
    assert (trunk.transport, trunk.port, trunk.media_encryption, trunk.registration) == ("tls", 5061, "required", True)
    assert settings.ladder[-1].contact == "hotline"


def test_a_call_needs_a_trunk_and_a_number(tmp_path: Path) -> None:
    assert faults(tmp_path, RUNG) == [
        ('ladder["duty"].channels', "a [[trunks]] table first, or no call"),
        ('ladder["duty"].number', 'the number; only contact = "hotline" needs none'),
    ]


def test_a_test_target_needs_a_trunk_on_this_machine(tmp_path: Path) -> None:
    text = TRUNK.format("a", "sip.carrier.example.cn", "u") + RUNG + NUMBER
    assert faults(tmp_path, text) == [('ladder["duty"].number', "a test target needs trunks at 127.0.0.1")]


def test_trunks_are_told_apart_by_name_and_by_address(tmp_path: Path) -> None:
    text = TRUNK.format("a", "127.0.0.1", "u") + TRUNK.format("a", "127.0.0.1", "u") + RUNG + NUMBER
    assert faults(tmp_path, text) == [
        ("trunks[#2].name", "a name that no earlier entry has"),
        ("trunks[#2].username", "a user name and server that no earlier trunk has"),
    ]


@pytest.mark.parametrize("name", ["a b", "a;b", "a@b", 'a\\"b', "a<b", ""])
def test_what_baresip_cannot_be_told_is_told_to_the_installer(tmp_path: Path, name: str) -> None:
    text = TRUNK.format("a", "127.0.0.1", name) + RUNG + NUMBER
    assert faults(tmp_path, text) == [("trunks[#1].username", 'a text without blanks and ; , " < > \\ @')]


def test_a_password_that_baresip_cannot_be_told_is_a_fault_of_the_check(tmp_path: Path) -> None:
    (tmp_path / "g.toml").write_text(HOME + TRUNK.format("a", "127.0.0.1", "u") + RUNG + NUMBER, encoding="utf-8")
    settings = load(tmp_path / "g.toml", {})
    assert unreadable_secrets(settings, {"TRUNK": "good-password"}) == ()
    (fault,) = unreadable_secrets(settings, {"TRUNK": "semi;colon"})
    assert fault.key == "trunks[#1].password"
    assert "semi" not in str(fault)
    (missing,) = unreadable_secrets(settings, {})
    assert missing.key == "trunks[#1].password"
