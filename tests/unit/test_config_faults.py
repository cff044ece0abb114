"""Whatever is wrong with a home's file is told: all of it, at once, and never a secret."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from config.explain import allowed_of
from config.limits import Limits, catalogue
from config.secret import SecretRef
from config.settings import Fault, Settings, SettingsError, _completed, _judged, load

GOOD = """
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
[broker]
port = 1883
[station]
host = "127.0.0.1"
secret = { env = "KEY" }
[limits]
"""


def faults(file: Path, text: str, env: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, env or {})
    return [(fault.key, fault.found, fault.allowed.split(" / ")[-1]) for fault in caught.value.faults]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.toml"


NOTHING = "没有写 / nothing"
HIDDEN = "（不显示） / (not shown)"
UNKNOWN = "不认识的键 / an unknown key"
REFERENCE = '{ file = "…" } or { env = "…" }; never the secret itself'
WRONG = [
    ('id = "h1"', 'id = "h 1"', "home.id", '"h 1"', "1 to 64 letters, digits, _ or -"),
    ('id = "h1"', 'id = "h1"\nregion = "mars"', "home.region", '"mars"', None),
    (
        'id = "h1"',
        'id = "h1"\ntimezone = "Mars/Base"',
        "home.timezone",
        '"Mars/Base"',
        'an IANA time zone such as "Asia/Shanghai"',
    ),
    ('code = "B1"\n', "", "bed.code", NOTHING, "1 to 200 characters"),
    ("birth_year = 1941", "birth_year = 2041", "resident.birth_year", "2041", "a year from 1900 to 2020"),
    ("birth_year = 1941", 'birth_year = "1941"', "resident.birth_year", '"1941"', "a year from 1900 to 2020"),
    (
        "ability_level = 0",
        "ability_level = 5",
        "resident.ability_level",
        "5",
        "a whole number from 0 (intact) to 4 (complete loss), GB/T 42195",
    ),
    ('role = "sos"', 'role = "soss"', 'devices["button"].role', '"soss"', None),
    ('role = "sos"\n', "", 'devices["button"].role', NOTHING, None),
    ('room = "bedroom"', 'room = "attic"', 'devices["button"].room', '"attic"', "the id of one of [[rooms]]: bedroom"),
    ('id = "button"', 'id = "按钮"', "devices[#1].id", '"按钮"', "1 to 64 letters, digits, ., _ or -"),
    ("port = 1883", "port = 70000", "broker.port", "70000", "a whole number from 1 to 65535"),
    ("port = 1883", "port = true", "broker.port", "true", "a whole number from 1 to 65535"),
    ("port = 1883", "prot = 1883", "broker.prot", UNKNOWN, "did you mean port?"),
    ("port = 1883", 'pasword = "hunter2"', "broker.pasword", UNKNOWN, "did you mean password?"),
    ('secret = { env = "KEY" }', 'secret = "hunter2"', "station.secret", HIDDEN, REFERENCE),
    ('secret = { env = "KEY" }', 'secret = { env = "KEY", file = "f" }', "station.secret", HIDDEN, REFERENCE),
    ('secret = { env = "KEY" }', 'secret = { vlaue = "hunter2" }', "station.secret", HIDDEN, REFERENCE),
    (
        "port = 1883",
        'password = { env = "P" }',
        "broker.username",
        NOTHING,
        "a user name, since there is a password",
    ),
    ("[limits]", "[limits]\ninactivity_day_s = 50000", "limits.inactivity_day_s", "50000", "a number, 3600 to 43200 s"),
    ("[limits]", "[limits]\nfall_up_s = nan", "limits.fall_up_s", "nan", "a number, 15 to 600 s"),
    (
        "[limits]",
        "[limits]\ninactivity_floor_s = 28800",
        "limits.inactivity_night_s",
        "36000",
        "at most inactivity_floor_s, which is 28800",
    ),
    (
        "[limits]",
        '[limits]\nnight_starts = "22:30"',
        "limits.night_starts",
        '"22:30"',
        "a time of day from 17:00:00 to 23:59:59, without quotes, with seconds: 22:30:00",
    ),
    ("[limits]", "[limits]\nnight_starts = 1350", "limits.night_starts", "1350", None),
    ("[limits]", "[limits]\nnight_start = 21:00:00", "limits.night_start", UNKNOWN, "did you mean night_starts?"),
    (
        "[limits]",
        '[api]\nhost = "0.0.0.0"',
        "api.password_hash",
        NOTHING,
        "a login password, since others can reach 0.0.0.0",
    ),
    ("[limits]", "[brokr]\nport = 1", "brokr", UNKNOWN, "did you mean broker?"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[2]}: {wrong[3]}")
def test_a_fault_is_told_with_key_found_and_allowed(file: Path, wrong: tuple[str, str, str, str, str | None]) -> None:
    good, bad, key, found, allowed = wrong
    assert good in GOOD
    told = faults(file, GOOD.replace(good, bad, 1))
    assert [fault[:2] for fault in told] == [(key, found)]
    if allowed is not None:
        assert told[0][2] == allowed


LADDERS = [
    ("ladder = []\n" + GOOD, "ladder", NOTHING, "at least one [[ladder]], or a [station] to tell"),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 60\n',
        "ladder.after_s",
        "60",
        "for emergencies, at least one rung with after_s = 0",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\nseverities = ["emergency"]\n',
        "ladder.severities",
        NOTHING,
        "a rung for warning, fault too: somebody must be told",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["webhook"]\nafter_s = 0\n',
        'ladder["a"].url',
        NOTHING,
        "the webhook's http(s) address",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["webhook"]\nafter_s = 0\nurl = "ftp://x"\n',
        'ladder["a"].url',
        '"ftp://x"',
        "an http:// or https:// address without user or password",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\nurl = "http://x"\n',
        'ladder["a"].url',
        "有 / something",
        "only with the channel webhook",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\n' * 2,
        "ladder[#2].contact",
        '"a"',
        "a name that no earlier entry has",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["stattion"]\nafter_s = 0\n',
        'ladder["a"].channels[#1]',
        '"stattion"',
        'some of station, webhook, call, sms, scaip, dc09: ["call", "sms"]',
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\nnumber = "5550001"\n',
        'ladder["a"].number',
        "有 / something",
        "only with the channels call and sms",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\n'
        'hours = [{ opens = "8", closes = 17:30:00 }]\n',
        'ladder["a"].hours[#1].opens',
        '"8"',
        "a time of day, without quotes, with seconds: 22:30:00",
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\nseverities = []\n',
        'ladder["a"].severities',
        "空列表 / an empty list",
        'some of emergency, warning, fault: ["emergency", "warning"]',
    ),
    (
        GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\nseverities = ["emergancy"]\n',
        'ladder["a"].severities[#1]',
        '"emergancy"',
        'some of emergency, warning, fault: ["emergency", "warning"]',
    ),
    (
        GOOD[: GOOD.index("[station]")] + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\n',
        'ladder["a"].channels',
        '"station"',
        "a [station] section, or the channel webhook",
    ),
]


def test_a_ladder_that_only_asks_gently_reaches_nobody(file: Path) -> None:
    gentle = GOOD + '[[ladder]]\ncontact = "a"\nchannels = ["station"]\nafter_s = 0\ngentle = true\n'
    assert [fault[0] for fault in faults(file, gentle)] == ["ladder.after_s", "ladder.severities"]


@pytest.mark.parametrize(("text", "key", "found", "allowed"), LADDERS)
def test_a_ladder_that_reaches_nobody_is_told(file: Path, text: str, key: str, found: str, allowed: str) -> None:
    assert faults(file, text) == [(key, found, allowed)]


def test_ten_faults_are_told_at_once(file: Path) -> None:
    text = """
        [home]
        id = "h 1"
        region = "mars"
        [bed]
        code = "B1"
        adress = "somewhere"
        how_to_enter = "ring"
        [resident]
        name = "李秀兰"
        birth_year = 12
        ability_level = 7
        [[rooms]]
        id = "bedroom"
        name = "卧室"
        kind = "bedroom"
        [[devices]]
        id = "button"
        dialect = "native"
        role = "soss"
        name = "按钮"
        room = "attic"
        [broker]
        password = "hunter2"
        username = "u"
    """
    assert [key for key, _, _ in faults(file, text)] == [
        "home.id",
        "home.region",
        "bed.address",
        "bed.adress",
        "resident.birth_year",
        "resident.ability_level",
        'devices["button"].role',
        "broker.password",
        'devices["button"].room',
        "ladder",
    ]


def test_ids_written_twice_are_told(file: Path) -> None:
    room = '[[rooms]]\nid = "bedroom"\nname = "又一间"\nkind = "bedroom"\n'
    device = '[[devices]]\nid = "button"\ndialect = "native"\nrole = "sos"\nname = "又一个"\n'
    assert [fault[:2] for fault in faults(file, GOOD + room + device)] == [
        ("rooms[#2].id", '"bedroom"'),
        ("devices[#2].id", '"button"'),
    ]


def test_an_empty_file_names_what_every_home_needs(file: Path) -> None:
    assert [fault[0] for fault in faults(file, "")] == ["home", "bed", "resident", "rooms", "devices", "ladder"]


def test_a_wrong_bridge_id_is_told(file: Path) -> None:
    device = '[[devices]]\nid = "bridge"\ndialect = "zigbee2mqtt"\nrole = "bridge"\nname = "网桥"\n'
    assert faults(file, GOOD + device) == [
        ("devices[#2].id", '"bridge"', '"zigbee2mqtt/bridge", which is what the bridge is called')
    ]


def test_a_wrong_variable_is_told_by_its_name(file: Path) -> None:
    env = {
        "SHOUWANG_BROKER__PORT": "x7",
        "SHOUWANG_BROKR__PORT": "hunter2",
        "SHOUWANG_STATION__SECRET": "hunter2",
        "SHOUWANG_BROKER__PASWORD": "hunter2",
        "SHOUWANG_ZZZ__PORT": "hunter2",
    }
    told = faults(file, GOOD, env)
    assert told == [
        ("SHOUWANG_BROKR__PORT", HIDDEN, "did you mean SHOUWANG_BROKER__PORT?"),
        ("SHOUWANG_STATION__SECRET", HIDDEN, REFERENCE),
        ("SHOUWANG_ZZZ__PORT", HIDDEN, told[2][2]),
        ("SHOUWANG_BROKER__PORT", '"x7"', "a whole number from 1 to 65535"),
        ("SHOUWANG_BROKER__PASWORD", UNKNOWN, "did you mean password?"),
    ]


def test_no_secret_is_ever_printed(file: Path) -> None:
    bad = GOOD.replace('secret = { env = "KEY" }', 'secret = "hunter2"\npasword = "hunter2"')
    bad = bad.replace("port = 1883", 'password = ["hunter2"]\nusername = { password = "hunter2" }')
    file.write_text(bad + '[api]\ntoken = "hunter2"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, {"SHOUWANG_STATION__PASSWORD": "hunter2"})
    assert len(caught.value.faults) == 7
    assert "hunter2" not in str(caught.value) + repr(caught.value.faults)
    assert caught.value.__cause__ is None


def test_the_text_tells_how_many_and_each_on_its_line(file: Path) -> None:
    file.write_text(GOOD.replace("port = 1883", "port = 0"), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    assert str(caught.value).splitlines() == [
        f"配置 {file} 有 1 处错误，全部列在下面，请逐条改正。",
        "1 fault(s) in the configuration; each line: key, what was found, what is allowed.",
        "  broker.port：写的是 0；应为 1–65535 的整数 / a whole number from 1 to 65535",
    ]


def test_broken_toml_is_told_with_its_line(file: Path) -> None:
    text = GOOD.replace("port = 1883", "port = 18 83")
    line = text.splitlines().index("port = 18 83") + 1
    assert faults(file, text) == [
        (
            f"{file}:{line}",
            f"Expected newline or end of document after a statement (at line {line}, column 11)",
            "TOML: texts in quotes, times as 22:30:00, each key once",
        )
    ]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "nowhere.toml"
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    assert caught.value.faults == (
        Fault(
            key=str(file),
            found="读不到（No such file or directory） / unreadable (No such file or directory)",
            allowed="可读的配置文件（可从 config/gateway.example.toml 复制一份） / "
            "a readable configuration file (start from a copy of config/gateway.example.toml)",
        ),
    )


def test_a_folder_and_a_file_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Is a directory"):
        load(tmp_path, {})
    (tmp_path / "g.toml").write_bytes(b"a = \xff")
    with pytest.raises(SettingsError, match="byte 4 is not UTF-8"):
        load(tmp_path / "g.toml", {})


def test_without_a_file_the_environment_alone_is_judged() -> None:
    with pytest.raises(SettingsError) as caught:
        load(None, {"SHOUWANG_HOME__ID": "h1"})
    assert [fault.key for fault in caught.value.faults] == ["bed", "resident", "rooms", "devices", "ladder"]


def test_every_field_has_words_for_what_it_allows() -> None:
    def visit(model: type[BaseModel]) -> int:
        words = [allowed_of(model, name) for name in model.model_fields]
        assert all(word.zh and word.en for word in words)
        return len(words)

    models = [Settings, Limits, *_inner_models()]
    assert sum(map(visit, models)) > 80


def _inner_models() -> list[type[BaseModel]]:
    from config import connections, home  # noqa: PLC0415 (only this test looks at whole modules)

    found = [*vars(connections).values(), *vars(home).values()]
    return [m for m in found if isinstance(m, type) and issubclass(m, BaseModel) and m is not SecretRef]


KEYS = st.text(max_size=10) | st.sampled_from(
    ["id", "role", "room", "dialect", "contact", "channel", "after_s", "url", "secret", "file", "inactivity_floor_s"]
)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.times() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
SECTIONS = st.sampled_from(list(Settings.model_fields)) | st.text(max_size=10)


@given(st.dictionaries(SECTIONS, VALUES, max_size=8))
def test_no_table_raises_anything_but_a_named_error(data: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        _judged("x", _completed(data), {}, [])
    assert all(fault.key and fault.found and fault.allowed for fault in caught.value.faults)


@given(st.dictionaries(st.text(max_size=30).map(lambda rest: f"SHOUWANG_{rest}__X".upper()), st.text(max_size=30)))
def test_no_variable_raises_anything_but_a_named_error(env: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        load(None, env)


def test_the_catalogue_says_everything_of_every_limit() -> None:
    assert list(catalogue()) == list(Limits.model_fields)
    for key, limit in catalogue().items():
        assert limit.allows(limit.value), key
        assert limit.unit, key
        assert len(limit.source) > 20, key
        assert limit.zh.endswith("。"), key
        assert limit.en.endswith("."), key
