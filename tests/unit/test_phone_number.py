"""No way of writing, ordering or overriding lets a real number be dialled before the installer has said so."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.phone_number import NumberRefused, permitted
from config.settings import SettingsError, load
from config.telephone_checks import telephone_checks

if TYPE_CHECKING:
    from pathlib import Path

LISTED = ["96111", "12349", "12345", "110", "119", "120", "122", "12315", "95598", "13955500417", "04715550417"]
DRESSES = [
    "{}",
    " {} ",
    "+86{}",
    "+86 {}",
    "0086{}",
    "9,{}",
    "{}#",
    "*{}",
    "tel:{}",
    "tel:+86{}",
    "sip:{}",
    "sip:{}@127.0.0.1",
    "SIPS:{}@127.0.0.1;transport=tls",
    "{}@127.0.0.1",
    "{};user=phone",
    "{}?X=1",
    "<sip:{}>",
    '"hotline" <sip:{}@127.0.0.1>',
    "test-{}",
    "test-hotline;{}",
    "test-hotline\n{}",
    "{}\ntest-hotline",
    "test-hotline@127.0.0.1 {}",
    "\u202e{}",
    "{}\u200b",
    "\x00{}",
]
DIGITS = {
    "plain": str,
    "full-width": lambda number: "".join(chr(ord(digit) + 0xFEE0) for digit in number),
    "arabic": lambda number: "".join(chr(ord(digit) - 48 + 0x660) for digit in number),
    "chinese": lambda number: "".join("零一二三四五六七八九"[int(digit)] for digit in number),
    "percent": lambda number: "".join(f"%{ord(digit):02X}" for digit in number),
    "hyphens": "-".join,
    "spaces": " ".join,
    "dots": ".".join,
    "letters": lambda number: "".join(" -ADGJMPTW"[int(digit)] for digit in number),
}


@pytest.mark.parametrize("number", LISTED)
@pytest.mark.parametrize("digits", DIGITS)
def test_no_dress_brings_a_real_number_through(number: str, digits: str) -> None:
    for dress in DRESSES:
        with pytest.raises(NumberRefused):
            permitted(dress.format(DIGITS[digits](number)), production=False, host="127.0.0.1")


@given(st.text() | st.from_regex(r"(test-)?[+0-9 \-a-z@;:%]*"), st.text() | st.just("127.0.0.1"))
def test_what_passes_without_production_names_nobody(number: str, host: str) -> None:
    with suppress(NumberRefused):
        assert re.fullmatch(r"test-[a-z]{1,32}", permitted(number, production=False, host=host), re.ASCII)


@given(st.text() | st.from_regex(r"[+0-9 \-a-z@;:%]*"), st.text())
def test_what_passes_at_all_is_plain_digits_or_a_test_target(number: str, host: str) -> None:
    with suppress(NumberRefused):
        assert re.fullmatch(r"\+?[0-9]{3,15}|test-[a-z]{1,32}", permitted(number, production=True, host=host), re.ASCII)


@pytest.mark.parametrize("production", [1, "true", None, "yes"])
def test_only_true_itself_is_production(production: object) -> None:
    with pytest.raises(NumberRefused, match="not_production"):
        permitted("96111", production=production)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1.example.cn", "sip.example.cn", "10.0.0.1", "0x7f.1", "::"]
)
def test_a_test_target_is_dialled_nowhere_but_at_home(host: str) -> None:
    with pytest.raises(NumberRefused, match="test_target_outside"):
        permitted("test-hotline", production=True, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "192.0.2.7", "198.51.100.1", "203.0.113.9"])
def test_a_test_target_is_dialled_where_no_carrier_is(host: str) -> None:
    assert permitted("test-hotline", production=False, host=host) == "test-hotline"


def test_in_production_a_number_loses_only_its_blanks_and_hyphens() -> None:
    assert permitted("+86 471-555 0417", production=True) == "+864715550417"
    assert permitted("96111", production=True, host="127.0.0.1") == "96111"


HOME = """
[home]
id = "h1"
region = "inner_mongolia"
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
SWITCH = "[hotline]\nproduction = false\n"
TRUNK = '[[trunks]]\nname = "t"\nhost = "127.0.0.1"\nusername = "u"\n'
RUNG = '[[ladder]]\ncontact = "{}"\nchannels = ["call"]\nafter_s = 0\n{}\n'
REAL = [
    RUNG.format("hotline", ""),
    RUNG.format("值班", 'number = "+86 471-555 0417"'),
    RUNG.format("x", 'number="120"'),
]


@pytest.mark.parametrize("rung", REAL)
@pytest.mark.parametrize("order", range(4))
def test_no_order_of_the_file_lets_a_real_number_through(tmp_path: Path, rung: str, order: int) -> None:
    parts = [SWITCH, TRUNK, rung]
    text = HOME + "".join(parts[order % 3 :] + parts[: order % 3]) if order < 3 else HOME + TRUNK + rung
    (tmp_path / "gateway.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "gateway.toml", {})
    assert [fault.found for fault in caught.value.faults] == ["真实号码 / a real number"]


@pytest.mark.parametrize(
    "env",
    [
        {"SHOUWANG_HOTLINE__PRODUCTION": "true"},
        {"SHOUWANG_HOTLINE__PRODUCTION": "1"},
        {"shouwang_hotline__production": "true"},
        {"SHOUWANG_HOTLINE": '{"production": true}'},
        {"SHOUWANG_HOTLINE__production": "true"},
    ],
)
def test_no_variable_lets_a_real_number_through(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "gateway.toml").write_text(HOME + SWITCH + TRUNK + REAL[0], encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "gateway.toml", env)
    assert "hotline.production" in {fault.key for fault in caught.value.faults}


def test_a_variable_that_would_switch_production_on_is_told(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(HOME + TRUNK + RUNG.format("x", 'number = "test-x"'), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "gateway.toml", {"SHOUWANG_HOTLINE__PRODUCTION": "true"})
    assert [fault.key for fault in caught.value.faults] == ["SHOUWANG_HOTLINE__PRODUCTION"]


def test_the_file_itself_may_switch_production_on(tmp_path: Path) -> None:
    text = HOME + SWITCH.replace("false", "true") + TRUNK + REAL[0]
    (tmp_path / "gateway.toml").write_text(text, encoding="utf-8")
    settings = load(tmp_path / "gateway.toml", {})
    assert (settings.hotline.production, settings.ladder[0].number) == (True, None)


@given(
    st.sampled_from([*LISTED, "test-hotline", "test-9", "test-", "ｔest-a"]) | st.text(max_size=12),
    st.sampled_from(["127.0.0.1", "192.0.2.1", "10.0.0.1", "sip.example.cn", "::1"]),
    st.booleans(),
)
def test_configuration_and_dialling_agree(number: str, host: str, production: bool) -> None:  # noqa: FBT001
    data = {"hotline": {"production": production}, "trunks": [{"host": host, "username": "u"}]}
    rung = {"contact": "x", "channels": ["call"], "number": number}
    faults = list(telephone_checks(data, [('ladder["x"]', rung)]))
    refusal = _refusal(number, host, production)
    assert refusal == "not_a_number" or bool(faults) == bool(refusal)


def _refusal(number: str, host: str, production: bool) -> str:  # noqa: FBT001
    """Why it is refused; a number that is none is told by the field's own pattern."""
    try:
        permitted(number, production=production, host=host)
    except NumberRefused as refused:
        return refused.reason
    return ""
