"""docs/asyncapi.yaml says what the wire does: its examples fit its schemas, and our code reads and writes them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from alerts.brief import BedInfo, Brief
from alerts.model import Alert, AlertKind, AlertState, Cause, Outcome, Severity
from alerts.wire import (
    Action,
    AlertMessage,
    Decision,
    DecisionReceipt,
    Heard,
    Heartbeat,
    Receipt,
    Topics,
    seal,
    unseal,
)

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")
)
SCHEMAS = DOCUMENT["components"]["schemas"]
KINDS = {
    "alert": AlertMessage,
    "heartbeat": Heartbeat,
    "decision_receipt": DecisionReceipt,
    "receipt": Receipt,
    "decision": Decision,
    "heard": Heard,
}
SECRET = b"a secret of thirty-two bytes ...."


def require(schema: dict[str, Any], value: object) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


@pytest.mark.parametrize("name", KINDS)
def test_the_example_fits_its_schema_and_is_read_and_written_by_the_wire(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    example, schema = message["x-example"], message["x-body"]
    assert message["title"] == KINDS[name].__name__
    require(schema, example)
    topic = getattr(Topics(home="home-001"), name)
    body = json.dumps(example)
    read = unseal(KINDS[name], topic, enveloped(topic, body), SECRET)
    written = seal(read, topic, SECRET)
    require(message["payload"], json.loads(written))
    require(schema, json.loads(json.loads(written)["body"]))
    assert unseal(KINDS[name], topic, written, SECRET) == read


@pytest.mark.parametrize(
    ("schema", "kind"),
    [("Alert", Alert), ("Bed", BedInfo), ("Brief", Brief), *((kind.__name__, kind) for kind in KINDS.values())],
)
def test_every_field_is_described_and_none_is_invented(schema: str, kind: type) -> None:
    assert list(SCHEMAS[schema]["properties"]) == [each.name for each in fields(kind)]


def test_every_word_is_listed() -> None:
    assert SCHEMAS["AlertState"]["enum"] == list(AlertState)
    assert SCHEMAS["Outcome"]["enum"] == list(Outcome)
    assert SCHEMAS["Cause"]["enum"] == list(Cause)
    assert SCHEMAS["Alert"]["properties"]["kind"]["enum"] == list(AlertKind)
    assert SCHEMAS["Alert"]["properties"]["severity"]["enum"] == list(Severity)
    assert SCHEMAS["Decision"]["properties"]["action"]["enum"] == list(Action)


def test_every_topic_is_as_the_code_makes_it() -> None:
    assert set(DOCUMENT["channels"]) == set(KINDS)
    for name, channel in DOCUMENT["channels"].items():
        topics = Topics(home="home-001")
        prefix = channel["parameters"]["prefix"]["default"]
        assert channel["address"].format(prefix=prefix, home="home-001") == getattr(topics, name)
        spare = channel["address"].format(prefix=prefix, home="home-001/spare")
        assert spare == getattr(Topics(home="home-001", path="spare"), name)


def enveloped(topic: str, body: str) -> bytes:
    """Seals a body by the words of the document, not by our code."""
    import hashlib  # noqa: PLC0415 - what another programmer would need, and nothing more
    import hmac  # noqa: PLC0415

    sealed = b"shouwang 1\0" + topic.encode() + b"\0" + body.encode()
    mac = hmac.new(SECRET, sealed, hashlib.sha256).hexdigest()
    return json.dumps({"v": 1, "body": body, "mac": mac}).encode()
