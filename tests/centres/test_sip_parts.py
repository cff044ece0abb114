"""SIP messages, transactions and digest authentication: what the RFCs say, and that no bytes do harm."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.sip.digest import DigestError, challenge_of, credentials
from alerts.channels.sip.message import Request, Response, SipError, StreamFramer, parse, write, write_response
from alerts.channels.sip.transaction import Answered, ClientTransaction, Wake

REQUEST = (
    b"MESSAGE sip:home@127.0.0.1:5070 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKabc\r\n"
    b"Via: SIP/2.0/UDP proxy.example;branch=z9hG4bKdef\r\n"
    b"f: <sip:scaip@127.0.0.1>;tag=1\r\n"
    b"To: <sip:home@127.0.0.1>\r\n"
    b"i: one@127.0.0.1\r\n"
    b"CSeq: 2023 MESSAGE\r\n"
    b"Subject: folded\r\n over two lines\r\n"
    b"l: 5\r\n"
    b"\r\n"
    b"<mrs>and what a datagram holds beyond"
)


def test_a_request_is_read_in_long_and_short_form():
    request = parse(REQUEST)

    assert isinstance(request, Request)
    assert (request.method, request.uri, request.body) == ("MESSAGE", "sip:home@127.0.0.1:5070", b"<mrs>")
    assert (request.headers.branch, request.headers.sent_by) == ("z9hG4bKabc", "127.0.0.1:5060")
    assert request.headers.cseq == (2023, "MESSAGE")
    assert request.headers.first("subject") == "folded over two lines"
    assert request.headers.first("absent") == ""


def test_an_answer_echoes_what_names_the_transaction():
    request = parse(REQUEST)
    assert isinstance(request, Request)

    raw = write_response(request, 200, "OK", tag="mine")

    assert raw == (
        b"SIP/2.0 200 OK\r\n"
        b"Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKabc\r\n"
        b"Via: SIP/2.0/UDP proxy.example;branch=z9hG4bKdef\r\n"
        b"From: <sip:scaip@127.0.0.1>;tag=1\r\n"
        b"To: <sip:home@127.0.0.1>;tag=mine\r\n"
        b"Call-ID: one@127.0.0.1\r\n"
        b"CSeq: 2023 MESSAGE\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    answer = parse(raw)
    assert isinstance(answer, Response)
    assert (answer.code, answer.phrase, answer.headers.branch) == (200, "OK", "z9hG4bKabc")
    assert b";tag=mine;tag=" not in write_response(
        parse(REQUEST.replace(b"To: <sip:home@127.0.0.1>", b"To: <sip:h@a>;tag=x")), 200, "OK", tag="mine"
    )


def test_a_request_within_a_dialogue_keeps_its_tag():
    request = parse(REQUEST.replace(b"To: <sip:home@127.0.0.1>", b"To: <sip:home@127.0.0.1>;tag=theirs"))
    assert isinstance(request, Request)

    assert b";tag=mine" not in write_response(request, 200, "OK", tag="mine")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (b"", "not_sip"),
        (b"\r\n\r\n", "not_sip"),
        (b"hello\r\n\r\n", "missing_header"),
        (REQUEST.replace(b"MESSAGE sip", b"MESSAGE  sip"), "not_sip"),
        (REQUEST.replace(b"CSeq: 2023 MESSAGE\r\n", b""), "missing_header"),
        (REQUEST.replace(b"2023 MESSAGE", b"99999999999 MESSAGE"), "header"),
        (REQUEST.replace(b"SIP/2.0/UDP 127", b"HTTP/1.1 127"), "header"),
        (REQUEST.replace(b"l: 5", b"l: 500"), "length"),
        (REQUEST.replace(b"l: 5", b"l: five"), "length"),
        (REQUEST.replace(b"Subject: folded", b"no colon"), "header"),
        (REQUEST.replace(b"folded", b"\xff\xfe"), "not_sip"),
        (REQUEST.replace(b"UDP 127", b"UDP\n 127"), "header"),
        (b"x" * 70_000, "too_large"),
    ],
)
def test_what_is_no_message_has_a_name(changed: bytes, reason: str):
    with pytest.raises(SipError) as caught:
        parse(changed)

    assert caught.value.reason == reason


def test_a_header_cannot_smuggle_another_one_in():
    with pytest.raises(ValueError, match="line break"):
        write("MESSAGE sip:a SIP/2.0", [("From", "a\r\nTo: b")])


@given(st.binary(max_size=400))
def test_no_bytes_do_harm(raw: bytes):
    with suppress(SipError):
        parse(raw)
    with suppress(SipError):
        StreamFramer().feed(raw)


@given(st.integers(0, len(REQUEST)), st.binary(max_size=6), st.integers(0, 8))
def test_no_damaged_message_does_harm(place: int, put: bytes, taken: int):
    with suppress(SipError):
        message = parse(REQUEST[:place] + put + REQUEST[place + taken :])
        if isinstance(message, Request):
            write_response(message, 200, "OK", tag="x")


@given(st.lists(st.sampled_from([b"", b"<mrs/>", b"\r\n\r\n", b"x" * 300]), max_size=8), st.integers(1, 50))
def test_a_stream_is_cut_at_content_length_wherever_it_breaks(bodies: list[bytes], size: int):
    messages = [write("SIP/2.0 200 OK", [("Via", "SIP/2.0/TCP a;branch=z")], body) for body in bodies]
    stream = b"\r\n\r\n".join(messages) + b"\r\n"
    framer, found = StreamFramer(), []

    for start in range(0, len(stream), size):
        found += framer.feed(stream[start : start + size])

    assert found == messages


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", "length"),
        (b"SIP/2.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", "too_large"),
        (b"x" * 70_000, "too_large"),
    ],
)
def test_a_stream_that_cannot_be_cut_is_closed(stream: bytes, reason: str):
    with pytest.raises(SipError) as caught:
        StreamFramer().feed(stream)

    assert caught.value.reason == reason


# Transactions


def test_a_datagram_is_sent_again_as_timer_e_says_until_timer_f():
    transaction = ClientTransaction(now_s=100.0, reliable=False, give_up_s=32.0)
    sent, now_s = [], 100.0

    while (due := transaction.wake(now_s)) is not Wake.GIVE_UP:
        if due is Wake.SEND_AGAIN:
            sent.append(now_s - 100.0)
        now_s = transaction.next_s

    assert sent == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]  # RFC 3261, 17.1.2.2
    assert now_s == 132.0


def test_a_connection_sends_once():
    transaction = ClientTransaction(now_s=0.0, reliable=True, give_up_s=8.0)

    assert (transaction.wake(0.5), transaction.next_s) == (Wake.WAIT, 8.0)
    assert transaction.wake(8.0) is Wake.GIVE_UP


def test_after_a_provisional_answer_the_pauses_are_long():
    transaction = ClientTransaction(now_s=0.0, reliable=False, give_up_s=32.0)

    assert transaction.hear(100) is False
    assert transaction.wake(0.5) is Wake.SEND_AGAIN
    assert transaction.next_s == 4.5
    assert transaction.hear(200) is True
    assert transaction.hear(486) is True


def test_a_request_that_comes_again_has_its_answer_until_timer_j():
    request, other = parse(REQUEST), parse(REQUEST.replace(b"one@", b"two@"))
    assert isinstance(request, Request)
    assert isinstance(other, Request)
    answered = Answered(keep_s=32.0)

    assert answered.again(request, 0.0) is None
    answered.remember(request, b"answer", 0.0)
    assert answered.again(request, 31.9) == b"answer"
    assert answered.again(other, 31.9) is None  # a centre whose branch never changes
    assert answered.again(request, 32.0) is None


def test_a_flood_of_requests_does_not_fill_the_memory():
    answered = Answered()
    for number in range(2000):
        request = parse(REQUEST.replace(b"one@", f"n{number}@".encode()))
        assert isinstance(request, Request)
        answered.remember(request, b"answer", 0.0)

    assert len(answered._answers) == 256


# Digest


def challenged(*challenges: str, code: int = 401) -> Response:
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    headers = [("Via", "SIP/2.0/UDP a;branch=z"), ("From", "a"), ("To", "b"), ("Call-ID", "c"), ("CSeq", "1 MESSAGE")]
    response = parse(write(f"SIP/2.0 {code} No", [*headers, *((name, value) for value in challenges)]))
    assert isinstance(response, Response)
    return response


def proof(challenge: str, *, code: int = 401) -> tuple[str, str]:
    return credentials(
        challenge_of(challenged(challenge, code=code)),
        user="Mufasa",
        password="Circle of Life",
        method="GET",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )


SHARED = 'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_proof_is_the_one_of_the_rfcs_own_example(algorithm: str, response: str):
    """Source: RFC 7616, 3.9.1."""
    name, value = proof(f'Digest {SHARED}algorithm={algorithm}, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"')

    assert name == "Authorization"
    assert f'response="{response}"' in value
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in value
    assert value.endswith(f"algorithm={algorithm}, qop=auth, nc=00000001")


def test_a_proxy_and_an_old_centre_get_their_own_form():
    name, value = proof('Digest realm="a", nonce="b"', code=407)

    assert name == "Proxy-Authorization"
    assert "cnonce" not in value
    assert "qop" not in value


def test_the_stronger_of_two_challenges_is_answered():
    response = challenged('Digest realm="a", nonce="weak"', 'Digest realm="a", nonce="strong", algorithm=SHA-256')

    assert challenge_of(response).nonce == "strong"


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "Basic realm=a",
        "Digest",
        'Digest nonce=""',
        'Digest nonce="a", algorithm=MD5-sess',
        'Digest nonce="a", qop="auth-int"',
    ],
)
def test_a_challenge_that_we_cannot_answer_is_told(challenge: str):
    with pytest.raises(DigestError):
        challenge_of(challenged(challenge))


@given(st.text(max_size=200))
def test_no_challenge_does_harm(text: str):
    plain = "".join(letter for letter in text if letter.isprintable())
    with suppress(DigestError):
        challenge_of(challenged(f"Digest {plain}"))
