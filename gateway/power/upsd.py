"""Asks upsd, NUT's server, about one UPS, on a connection that is kept as long as it is good."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from gateway.power import nut
from gateway.power.supply import ANSWER_S, Silence, Supply

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

LONGEST_LINE = 8192
"""Source: our choice; upsd's own limit of a line (SMALLBUF and LARGEBUF of its common.h) is 512 and 1024."""

KEPT = frozenset({Silence.STALE, Silence.DRIVER})
"""Silences of the UPS, not of upsd: the connection is as good as before."""


class UpsdReader:
    """A `Reader` of one UPS.

    Args:
        host, port: of upsd.
        ups: the UPS's name in upsd's ups.conf.
        login: user name and password of upsd.users; None where none are asked for.
    """

    def __init__(self, host: str, port: int, ups: str, login: tuple[str, str] | None = None) -> None:
        self._host, self._port, self._ups, self._login = host, port, ups, login
        self._wire: tuple[StreamReader, StreamWriter] | None = None

    async def read(self) -> Supply | Silence:
        """Ask for all variables, connecting first where that is needed."""
        try:
            async with asyncio.timeout(ANSWER_S):
                if self._wire is None:
                    await self._connect()
                return nut.supply(await self._list())
        except nut.NutFault as fault:
            if fault.silence not in KEPT:
                await self.close()
            return fault.silence
        except (OSError, EOFError):  # a time-out is an OSError
            await self.close()
            return Silence.UNREACHABLE
        except ValueError:  # a line without end, or no text
            await self.close()
            return Silence.GARBLED

    async def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            (_, writer), self._wire = self._wire, None
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> None:
        self._wire = await asyncio.open_connection(self._host, self._port, limit=LONGEST_LINE)
        if self._login is not None:
            user, password = self._login
            for words in (("USERNAME", user), ("PASSWORD", password), ("LOGIN", self._ups)):
                nut.granted(await self._ask(*words))

    async def _list(self) -> dict[str, str]:
        listing = nut.Listing(self._ups)
        line = await self._ask("LIST", "VAR", self._ups)
        while not listing.take(line):
            line = await self._line()
        return listing.variables

    async def _ask(self, *words: str) -> str:
        assert self._wire is not None  # noqa: S101 - connected above
        self._wire[1].write(nut.request(*words))
        await self._wire[1].drain()
        return await self._line()

    async def _line(self) -> str:
        assert self._wire is not None  # noqa: S101 - the same
        line = await self._wire[0].readline()
        if not line.endswith(b"\n"):
            raise EOFError("upsd hung up")
        return line.decode()
