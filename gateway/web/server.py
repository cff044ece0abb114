"""Serves the API inside the gateway's own loop, and ends with the task that runs it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

_GRACE_S = 2
"""How long an answer under way may take once we stop. Source: our choice; systemd waits longer."""


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the gateway."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: FastAPI, *, host: str, port: int, on_ready: Callable[[int], None] | None = None) -> None:
    """Serves until cancelled.

    Args:
        app: from `gateway.api.build_api`.
        host: address to listen on.
        port: 0 takes any free one.
        on_ready: told the port once connections are accepted.

    Raises:
        OSError: if the address cannot be had.
    """
    with socket.create_server((host, port), family=_family(host)) as listening:
        # Accepted connections inherit it. asyncio sets it only on sockets that name their protocol, and without it
        # each answer waits 40 ms for the other side's delayed acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if on_ready is not None:
            on_ready(int(listening.getsockname()[1]))
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
            limit_concurrency=64,
        )
        await _until_cancelled(_Quiet(config), listening, app)


async def _until_cancelled(server: uvicorn.Server, listening: socket.socket, app: FastAPI) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        app.state.closing.set()  # ends the streams of events, which would otherwise last as long as their pages
        server.should_exit = True
        await serving
        raise


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
