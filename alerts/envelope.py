"""The sealed envelope that every message between home and station travels in.

It is `{"v": 1, "body": "<JSON text>", "mac": "<64 hex digits>"}`. The seal is HMAC-SHA256 with the home's secret over
version, topic and the exact bytes of `body`: a broker, which both ends share with others, can neither forge a message
nor move it to another home or topic, and neither end needs to agree with the other on how JSON is written.

Reading goes from cheap to dear: size, UTF-8, JSON, version, seal. What does not pass is a `WireError` with a fixed
reason (a counter's label) and a sentence that says what to do; nobody reads a body whose seal does not fit.
"""

from __future__ import annotations

import hmac

from pydantic import TypeAdapter
from pydantic_core import from_json

VERSION = 1
"""Of the envelope and of every body in it."""

LARGEST_BYTES = 64 * 1024
"""Of one message. Source: our choice, the same bound as for sensors; an alert with its brief is about 2 KiB."""


class WireError(Exception):
    """A message that cannot be read, or cannot be written.

    Args:
        reason: "too_big", "not_utf8", "not_json", "bad_envelope", "bad_version", "bad_seal" or "bad_field".
        sentence: what was found and what to do.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


def enclose(body: bytes, topic: str, secret: bytes) -> bytes:
    """Seals a body for one topic. Raises WireError "too_big"."""
    envelope: dict[str, int | str] = {"v": VERSION, "body": body.decode(), "mac": _mac(secret, topic, body)}
    payload = _ENVELOPE.dump_json(envelope)
    _require_small(payload)
    return payload


def open_envelope(topic: str, payload: bytes, secret: bytes) -> bytes:
    """The body's bytes. Raises WireError unless the envelope is whole and the seal fits the topic."""
    _require_small(payload)
    try:
        envelope = from_json(payload.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise WireError("not_utf8", f"byte {error.start} is not UTF-8; the sender writes JSON in UTF-8") from None
    except ValueError as error:
        raise WireError("not_json", f"{error}"[:200]) from None
    if not isinstance(envelope, dict):
        raise WireError("bad_envelope", "the envelope is an object with v, body and mac")
    version, body, mac = envelope.get("v"), envelope.get("body"), envelope.get("mac")
    if version != VERSION or isinstance(version, bool):
        raise WireError("bad_version", f"found version {version!r:.40}, this end reads {VERSION}: update the older end")
    if not isinstance(body, str) or not isinstance(mac, str):
        raise WireError("bad_envelope", "body and mac are strings")
    sealed = body.encode()
    if not hmac.compare_digest(_mac(secret, topic, sealed).encode(), mac.encode()):
        raise WireError(
            "bad_seal", "the seal does not fit: both ends need the same secret, and the topic must be theirs"
        )
    return sealed


_ENVELOPE = TypeAdapter(dict[str, int | str])


def _mac(secret: bytes, topic: str, body: bytes) -> str:
    sealed = b"shouwang %d\0%b\0%b" % (VERSION, topic.encode("utf-8", "replace"), body)
    return hmac.digest(secret, sealed, "sha256").hex()


def _require_small(payload: bytes) -> None:
    if len(payload) > LARGEST_BYTES:
        raise WireError("too_big", f"{len(payload)} bytes; at most {LARGEST_BYTES} are read")
