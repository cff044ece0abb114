"""Where a client speaks, and as whom."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the home's broker is, and who we are to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A client and its retained state.

    Args:
        client_id: as MQTT has it.
        topic: where `online` and `offline` are kept.
        online, offline: the payloads; `offline` is also the last will.
        heard: where the gateway says which calls it has; "" for a client that numbers nothing.
    """

    client_id: str
    topic: str
    online: bytes
    offline: bytes
    heard: str = ""
