"""What upsd says, read exactly; whatever else arrives is refused by name and never stops anything."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.power import nut
from gateway.power.supply import Reserve, Silence, Supply
from gateway.power.upsd import UpsdReader

LISTED = """\
BEGIN LIST VAR box
VAR box battery.charge "80"
VAR box battery.runtime "2820"
VAR box ups.mfr "Some \\"quoted\\" \\\\ maker"
VAR box ups.status "OB DISCHRG"
END LIST VAR box
"""


def read(text: str) -> dict[str, str]:
    listing = nut.Listing("box")
    ended = [listing.take(line) for line in text.splitlines()]
    assert ended == [False] * (len(ended) - 1) + [True]
    return listing.variables


def refused(text: str) -> Silence:
    *before, last = text.splitlines()
    listing = nut.Listing("box")
    assert [listing.take(line) for line in before] == [False] * len(before)
    with pytest.raises(nut.NutFault) as fault:
        listing.take(last)
    return fault.value.silence


def test_a_list_of_variables_is_read_with_its_quotes():
    assert read(LISTED) == {
        "battery.charge": "80",
        "battery.runtime": "2820",
        "ups.mfr": 'Some "quoted" \\ maker',
        "ups.status": "OB DISCHRG",
    }


@pytest.mark.parametrize(
    ("answer", "silence"),
    [
        ("ERR DATA-STALE", Silence.STALE),
        ("ERR DRIVER-NOT-CONNECTED", Silence.DRIVER),
        ("ERR UNKNOWN-UPS", Silence.REFUSED),
        ("ERR ACCESS-DENIED some extra", Silence.REFUSED),
        ("ERR SOMETHING-NEW", Silence.GARBLED),
        ("ERR", Silence.GARBLED),
        ("", Silence.GARBLED),
        ("HTTP/1.1 400 Bad Request", Silence.GARBLED),
        ("BEGIN LIST VAR another", Silence.GARBLED),
        ("VAR box ups.status OL", Silence.GARBLED),
        ("END LIST VAR box", Silence.GARBLED),
        ('BEGIN LIST VAR box\nVAR box ups.status "OL', Silence.GARBLED),
        ("BEGIN LIST VAR box\nVAR other ups.status OL", Silence.GARBLED),
        ("BEGIN LIST VAR box\nBEGIN LIST VAR box", Silence.GARBLED),
        ("BEGIN LIST VAR box\n" + "\n".join(f"VAR box a.{n} 1" for n in range(2001)), Silence.GARBLED),
    ],
)
def test_any_other_answer_is_refused_by_name(answer: str, silence: Silence):
    assert refused(answer or "\n") is silence


@pytest.mark.parametrize(
    ("status", "supply"),
    [
        ("OL", Supply(mains=True, percent=80, runtime_s=600)),
        ("OL CHRG", Supply(mains=True, percent=80, runtime_s=600)),
        ("ol boost", Supply(mains=True, percent=80, runtime_s=600)),
        ("OL LB CHRG", Supply(mains=True, percent=80, runtime_s=600)),  # just back: charging again
        ("OL RB", Supply(mains=True, percent=80, runtime_s=600, worn=True)),
        ("BYPASS", Supply(mains=True, percent=80, runtime_s=600)),
        ("OB DISCHRG", Supply(mains=False, percent=80, runtime_s=600)),
        ("OB LB", Supply(mains=False, percent=80, runtime_s=600, low=True)),
        ("OB RB OVER", Supply(mains=False, percent=80, runtime_s=600, worn=True)),
        ("OB CAL DISCHRG", Supply(mains=True, percent=80, runtime_s=600)),  # measuring its battery on purpose
        ("FSD OL", Supply(mains=False, percent=80, runtime_s=600, low=True)),  # it will switch off
    ],
)
def test_the_words_of_the_status(status: str, supply: Supply):
    assert nut.supply({"ups.status": status, "battery.charge": "80", "battery.runtime": "600"}) == supply


@pytest.mark.parametrize("status", [None, "", "WAIT", "OFF", "ALARM", "ONLINE"])
def test_a_status_that_does_not_say_what_feeds_the_box_is_no_answer(status: str | None):
    with pytest.raises(nut.NutFault) as fault:
        nut.supply({} if status is None else {"ups.status": status})
    assert fault.value.silence is Silence.GARBLED


@pytest.mark.parametrize("figure", ["", "nan", "inf", "-1", "101", "1,5", "0x20", "many"])
def test_a_figure_that_makes_no_sense_is_left_out(figure: str):
    supply = nut.supply({"ups.status": "OB", "battery.charge": figure, "battery.runtime": figure.replace("101", "1e9")})
    assert supply == Supply(mains=False)


def test_a_runtime_of_nothing_is_not_told():
    assert nut.supply({"ups.status": "OB", "battery.runtime": "0"}) == Supply(mains=False)


def test_requests_are_one_line_whatever_the_password():
    assert nut.request("PASSWORD", 'a "b" \\ 汉') == 'PASSWORD "a \\"b\\" \\\\ 汉"\n'.encode()
    assert nut.request("LIST", "VAR", "box-1.a_b") == b"LIST VAR box-1.a_b\n"
    with pytest.raises(nut.NutFault):
        nut.request("PASSWORD", "a\nFSD box")


@given(st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]) | st.just(" ")))
def test_what_is_quoted_is_split_into_the_same_word(word: str):
    if word.isprintable() and word:
        assert nut.split(nut.request("SET", word).decode())[1] == word


@given(st.lists(st.text() | st.sampled_from(LISTED.splitlines()), max_size=30))
def test_any_lines_are_a_list_or_a_named_refusal(lines: list[str]):
    listing = nut.Listing("box")
    with suppress(nut.NutFault):
        ended = any(listing.take(line) for line in lines)
        supply = nut.supply(listing.variables) if ended else Supply(mains=True)
        assert supply.percent is None or 0 <= supply.percent <= 100


class _Garbler:
    """A server that answers whatever a test wants, once, and hangs up."""

    def __init__(self) -> None:
        self.answer = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400) | st.binary(min_size=1, max_size=20).map(lambda part: part * 1000))
def test_whatever_bytes_arrive_the_reader_gives_a_name(answer: bytes):
    async def look() -> object:
        garbler = _Garbler()
        garbler.answer = answer
        server = await asyncio.start_server(garbler.serve, "127.0.0.1", 0)
        reader = UpsdReader("127.0.0.1", server.sockets[0].getsockname()[1], "box")
        seen = await reader.read()
        await reader.close()
        server.close()
        await server.wait_closed()
        return seen

    assert asyncio.run(look()) in {Silence.GARBLED, Silence.UNREACHABLE}


@pytest.mark.parametrize(
    ("supply", "reached"),
    [
        (Supply(mains=False, percent=50, runtime_s=301), False),
        (Supply(mains=False, percent=50, runtime_s=300), True),
        (Supply(mains=False, percent=10, runtime_s=3000), True),
        (Supply(mains=False, percent=11), False),
        (Supply(mains=False), False),
        (Supply(mains=False, low=True), True),
        (Supply(mains=True, percent=3, runtime_s=10), False),
    ],
)
def test_when_the_reserve_is_reached(supply: Supply, *, reached: bool):
    assert Reserve(runtime_s=300, percent=10).is_reached(supply) is reached


def test_no_figure_is_ever_infinite():
    assert nut.supply({"ups.status": "OL", "battery.runtime": str(math.inf)}).runtime_s is None
