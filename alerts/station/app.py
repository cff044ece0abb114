"""The station's process: the only place that makes its clock, its link, its store and its web server.

Everything runs in one task group: when any part fails in a way nobody foresaw, the process ends, and the service
manager starts it again; nothing is lost by that, since nothing is acknowledged before it is stored. What is foreseen
(the broker is gone, the disk refuses) is waited out and shown on the console.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets as random_bytes
import signal
import socket
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import uvicorn

from alerts.link import Link, LinkDown, Message, PublishTimeout, Tls
from alerts.station.console import build_console
from alerts.station.desk import Desk
from alerts.station.listening import Listening, Silence
from alerts.station.outbox import DecisionOutbox
from alerts.station.signin import SignIn
from alerts.station.store import open_store
from alerts.station.upkeep import LOOK_S, Upkeep
from alerts.wire import PATHS, Topics, qos_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

    from alerts.station.intake import Packet
    from alerts.station.settings import Http, Secrets, StationSettings
    from alerts.station.store import Store

BATCH = 200
"""Messages that share one transaction at most; a broker hands out 20 before it waits for us, unless told otherwise."""

STORE_RETRY_S = 2.0
"""Between tries while the disk refuses."""

LISTENING_TICK_S = 1.0
"""How often silence is looked for."""

PRUNE_EVERY_S = 86_400.0
"""How often closed alerts that are old enough are forgotten; for the first time at the start."""

log = logging.getLogger("shouwang.station")


async def serve(settings: StationSettings, secrets: Secrets) -> None:
    """Runs the station until SIGTERM or SIGINT.

    Raises:
        OSError: the web address cannot be had.
        alerts.station.migrate.StoreTooNewError: a newer station wrote the store.
    """
    store = await open_store(settings.store)
    try:
        desk = Desk(store, settings, secrets.homes, _now)
        station = _Station(desk, settings, secrets, Upkeep(store, desk.tell_of_store))
        key = await _session_key(store)
        app = build_console(desk, SignIn(settings.staff, key), asyncio.get_running_loop().time)
        await station.run(_Server(app, settings.http))
    finally:
        await store.close()


class _Station:
    """The tasks and what they share."""

    def __init__(self, desk: Desk, settings: StationSettings, secrets: Secrets, upkeep: Upkeep) -> None:
        self._desk = desk
        self._upkeep = upkeep
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._listening = Listening(
            settings.homes,
            limit_s=settings.station_silence_s,
            spare_limit_s=settings.spare_silence_s,
            at_s=asyncio.get_running_loop().time(),
        )
        self._link = self._make_link(settings, secrets)
        self._outbox = DecisionOutbox(desk, self._link)

    async def run(self, server: _Server) -> None:
        async with asyncio.TaskGroup() as tasks:
            working = [
                tasks.create_task(task)
                for task in (
                    self._link.run(),
                    self._take(),
                    self._listen(),
                    self._outbox.run(),
                    self._prune(),
                    self._keep_up(),
                )
            ]
            await server.run_until_told(self._desk.board.close)
            for task in working:
                task.cancel()

    def _make_link(self, settings: StationSettings, secrets: Secrets) -> Link:
        broker = settings.broker
        every = [Topics(prefix=broker.prefix, home="+", path=path) for path in PATHS]
        return Link(
            host=broker.host,
            port=broker.port,
            client_id=broker.client_id,
            username=broker.username,
            password=secrets.broker,
            tls=Tls(ca_file=broker.ca_file) if broker.tls else None,
            subscriptions=[
                (topic, qos_of(topic))
                for topics in every
                for topic in (topics.alert, topics.heartbeat, topics.decision_receipt)
            ],
            on_message=self._inbox.put_nowait,
            on_state=self._on_state,
        )

    def _on_state(self, connected: bool, reason: str) -> None:  # noqa: FBT001 - the link's contract
        log.info("broker: %s", reason)
        self._desk.link_state = (connected, reason)
        self._desk.metrics.link_up.set(connected)
        if connected:
            self._outbox.hurry()
        self._desk.board.changed()

    async def _take(self) -> None:
        """Stores what came, receipts it, and only then acknowledges it to the broker."""
        while True:
            messages = [await self._inbox.get()]
            while len(messages) < BATCH and not self._inbox.empty():
                messages.append(self._inbox.get_nowait())
            receipts = await self._stored([(message.topic, message.payload) for message in messages])
            await asyncio.gather(*(self._publish(*receipt) for receipt in receipts))
            for message in messages:
                self._link.ack(message)

    async def _stored(self, packets: list[Packet]) -> list[Packet]:
        """Waits as long as the disk refuses: the homes keep what is not receipted, and go on to the next contact."""
        while True:
            try:
                receipts = await self._desk.hear(packets)
            except sqlite3.OperationalError as error:
                self._trouble(str(error))
                await asyncio.sleep(STORE_RETRY_S)  # noqa: TID251 - the station's one place for clocks
                continue
            self._trouble("")
            return receipts

    def _trouble(self, trouble: str) -> None:
        if trouble != self._desk.store_trouble:
            log.error("store: %s", trouble or "works again")
            self._desk.store_trouble = trouble
            self._desk.metrics.store_trouble.set(bool(trouble))
            self._desk.board.changed()

    async def _publish(self, topic: str, payload: bytes) -> None:
        with contextlib.suppress(LinkDown, PublishTimeout):  # the home tells it again, and is receipted again
            await self._link.publish(topic, payload, qos=qos_of(topic))

    async def _keep_up(self) -> None:
        """Looks after the store."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            try:
                await self._upkeep.look(clock() - began, self._desk.now())
            except sqlite3.OperationalError as error:  # asked again at the next look
                self._trouble(str(error))
            await asyncio.sleep(LOOK_S)  # noqa: TID251 - the same

    async def _listen(self) -> None:
        """Raises the silence of homes and of their paths."""
        clock = asyncio.get_running_loop().time
        for sign in await self._desk.remembered_signs():
            self._listening.heard(sign, clock())
        while True:
            for sign in self._desk.take_signs_of_life():
                self._listening.heard(sign, clock())
            for silence in self._listening.silent(clock()):
                await self._note_silence(silence)
            await asyncio.sleep(LISTENING_TICK_S)  # noqa: TID251 - the same

    async def _prune(self) -> None:
        """Forgets old alerts day by day."""
        while True:
            try:
                await self._desk.prune()
            except sqlite3.OperationalError as error:  # tried again the next day; what matters now is told elsewhere
                log.warning("nothing could be forgotten today: %s", error)
            await asyncio.sleep(PRUNE_EVERY_S)  # noqa: TID251 - the same

    async def _note_silence(self, silence: Silence) -> None:
        since = self._desk.now() - timedelta(seconds=silence.lasted_s)
        try:
            await self._desk.note_silence(silence.home, since, silence.path)
        except sqlite3.OperationalError as error:  # asked again at the next tick
            self._trouble(str(error))
        else:
            self._listening.noted(silence)


class _Server(uvicorn.Server):
    """uvicorn as one task among others: the signals are ours."""

    def __init__(self, app: FastAPI, http: Http) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ssl_certfile=http.certificate_file,
                ssl_keyfile=http.key_file,
                timeout_graceful_shutdown=2,
            )
        )
        self._http = http
        self._told = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT end the station; afterwards nothing is re-raised."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told.set)
        yield

    async def run_until_told(self, before_closing: Callable[[], None]) -> None:
        """Serves until a signal, then closes in good order."""
        sock = socket.create_server((self._http.host, self._http.port), reuse_port=False)
        scheme = "https" if self._http.certificate_file else "http"
        log.info("console: %s://%s:%d", scheme, *sock.getsockname()[:2])
        serving = asyncio.create_task(self.serve(sockets=[sock]))
        told = asyncio.create_task(self._told.wait())
        await asyncio.wait((serving, told), return_when=asyncio.FIRST_COMPLETED)
        before_closing()
        self.should_exit = True
        told.cancel()
        await serving


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the same


async def _session_key(store: Store) -> bytes:
    """What signs the cookies: kept, so that a restart signs nobody out; on a disk that refuses it lasts as long."""
    try:
        return await store.run(_cookie_key)
    except sqlite3.OperationalError:
        return random_bytes.token_bytes(32)


def _cookie_key(db: sqlite3.Connection) -> bytes:
    db.execute("INSERT INTO keys VALUES ('cookie', ?) ON CONFLICT DO NOTHING", (random_bytes.token_bytes(32),))
    key: bytes = db.execute("SELECT value FROM keys WHERE name = 'cookie'").fetchone()[0]
    return key
