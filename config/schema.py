"""The JSON Schema of a home's file, so that editors help while it is written: `python -m config schema`.

TOML's own times reach a schema as strings of the format `time`; limits carry their range, default and sentence.
"""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from config.explain import allowed_of
from config.limits import Limit, Limits, Value, catalogue
from config.secret import SecretRef
from config.settings import Settings

FILE = Path(__file__).with_name("gateway.schema.json")
DIALECT = GenerateJsonSchema.schema_dialect


def schema() -> JsonSchemaValue:
    """The JSON Schema of the whole file."""
    made = Settings.model_json_schema()
    made["required"].remove("limits")  # load fills in what the file leaves out
    tables = made["$defs"]
    tables[Limits.__name__] = _limits()
    tables[SecretRef.__name__] = {
        **tables[SecretRef.__name__],
        "oneOf": [{"required": ["file"]}, {"required": ["env"]}],
    }
    return {"$schema": DIALECT, **made, "title": "守望 · 一户的配置 / Shouwang · one home's configuration"}


def _limits() -> dict[str, Any]:
    properties = {key: _limit(key, limit) for key, limit in catalogue().items()}
    return {"type": "object", "additionalProperties": False, "properties": properties, "title": Limits.__name__}


def _limit(key: str, limit: Limit) -> dict[str, Any]:
    words = f"{limit.zh}\n{limit.en}\n{allowed_of(Limits, key)}\n{limit.source}"
    if isinstance(limit.value, time):
        return {"type": "string", "format": "time", "default": _plain(limit.value), "description": words}
    kind = "integer" if Limits.model_fields[key].annotation is int else "number"
    bounds = {"minimum": limit.min, "maximum": limit.max}
    return {"type": kind, **bounds, "default": _plain(limit.value), "description": words}


def _plain(value: Value) -> str | int | float:
    return value.isoformat() if isinstance(value, time) else value
