"""Starts the home's API and page. Imported late: its libraries must not hold up the watch."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from gateway.api import build_api
from gateway.api import serve as serve_api
from gateway.glance import Glance

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.app import App


async def serve(app: App) -> None:
    """Serve the home's page until cancelled.

    Args:
        app: the running gateway.

    Raises:
        OSError: if the address cannot be had.
        config.settings.SecretError: if the password's hash or the token cannot be read.
    """
    api = app.settings.api
    application = build_api(
        Glance(app),
        metrics=app.metrics,
        password_hash=api.password_hash.reveal(app.env) if api.password_hash else None,
        token=api.token.reveal(app.env) if api.token else None,
        secret_key=_session_key(app.settings.store.path.with_suffix(".session-key")),
    )
    await serve_api(application, host=api.host, port=api.port)


def _session_key(path: Path) -> bytes:
    """Give the key that signs sessions, so that a restart signs nobody out; on a disk that refuses it lasts as long."""
    key = secrets.token_bytes(32)
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(key)
        return path.read_bytes() or key
    except OSError:
        return key
