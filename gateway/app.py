"""The composition root: makes the parts, joins them, and runs them until told to stop.

Theory of operation
-------------------
Start (`gateway.life` has opened the store): remember the belief (the newest snapshot and the readings after it), hand
the outbox to the dispatcher, and only then connect to the home's broker. The page comes last and in its own time: its
libraries load in a thread while the watch is already awake.

Stop: the task group is cancelled; the watch writes its last batch as it ends.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from alerts.channels.briefs import Briefs
from alerts.dispatch import Dispatcher
from alerts.wire import MAIN, SPARE
from devices.reading import Refusal
from gateway import heartbeat, household, wiring
from gateway.detection import pipeline
from gateway.heard import Heard
from gateway.homevoice.fitted import announcer_of
from gateway.ingest import REMEMBERED, Ingest
from gateway.metrics import Metrics
from gateway.path_tester import PathTester
from gateway.path_tests import Hour, shift_of
from gateway.power.fitted import keeper_of
from gateway.remember import remember
from gateway.rounds import Rounds
from gateway.trials import Trials
from gateway.uplink import StationProbe, Uplink
from gateway.watch import Rules, Watch
from gateway.window_judge import WindowJudge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import aiohttp

    from alerts.dispatch import SendFailed
    from alerts.link import Link, Message
    from alerts.model import Delivery
    from alerts.paths import Paths
    from config.settings import Settings
    from gateway.clock import Clock
    from gateway.recall import Recall
    from gateway.store import Store

log = logging.getLogger("shouwang")

FOUND_AGAIN = timedelta(days=1)
"""How old what a damaged store may have lost may be, to be told again. Source: our choice: an older call was taken, or
the ladder has gone round for a day."""

BROKER, FALL_MODEL = "gateway/broker", "gateway/fall-model"

STATION_LINKS = {MAIN: "station", SPARE: "station_spare"}
"""What the page and /metrics call the connections to the station."""


class App:
    """The parts of one running gateway, and what goes on between them.

    Args:
        settings: of the home.
        env: where secrets given by variable are looked up.
        store: what is written.
        recall: what is read back.
        clock: the time.
    """

    watch: Watch
    dispatcher: Dispatcher
    link: Link
    trials: Trials
    paths: Paths | None = None
    path_tester: PathTester
    uplink: Uplink | None = None
    rounds: Rounds

    def __init__(
        self, settings: Settings, env: Mapping[str, str], *, store: Store, recall: Recall, clock: Clock
    ) -> None:
        self.settings = settings
        self.env = env
        self.store = store
        self.recall = recall
        self.clock = clock
        self.metrics = Metrics()
        self.links: dict[str, tuple[bool, str, datetime]] = {}

    async def assemble(self, http: aiohttp.ClientSession) -> None:
        """Make the parts and hand the outbox to the dispatcher."""
        settings = self.settings
        briefs = Briefs(household.bed_of(settings), settings.home.timezone)
        self._starts = await self.store.count_start(self.clock.now(), await self.recall.starts())
        self.watch = await self._watch()
        self.paths = wiring.station_paths(
            settings,
            self.env,
            hear=self._hear_station,
            told=self._path_state,
            clock_s=asyncio.get_running_loop().time,
        )
        self._outgoing = wiring.outgoing(settings, self._neighbours(http, briefs))
        self.dispatcher = self.watch.dispatcher = Dispatcher(
            self.watch.journal,
            self._outgoing.channels,
            now=self.clock.now,
            receipt_timeout_s=settings.limits.receipt_timeout_s,
            counted=self._count_delivery,
        )
        self.uplink = await self._uplink()
        self.path_tester = await self._path_tester()
        self.link = wiring.home_link(settings, self.env, self._hear_home, partial(self._link_state, "broker"))
        self.trials = Trials(self.watch, self.recall, settings, self.clock.now)
        self.trials.close_up()  # before the broker is heard: whoever presses now is not testing
        self._heard = Heard(self.link, self.settings.native.base_topic)
        self._windows = WindowJudge(self._fall_model_state)
        self._ingest = await self._new_ingest()
        now, link = self.clock.now, self.link
        self._keeper = keeper_of(settings, self.env, watch=self.watch, dispatcher=self.dispatcher, now=now)
        self._announcer = await announcer_of(
            settings, link, watch=self.watch, recall=self.recall, metrics=self.metrics, now=now
        )
        self.rounds = Rounds(
            settings=settings,
            env=self.env,
            store=self.store,
            clock=self.clock,
            metrics=self.metrics,
            watch=self.watch,
            dispatcher=self.dispatcher,
            trials=self.trials,
            path_tester=self.path_tester,
            uplink=self.uplink,
            announcer=self._announcer,
            broker_up=lambda: link.connected,
        )
        await self._resume_outbox()

    async def run(self) -> None:
        """Run until cancelled, or until a part fails."""
        gc.collect()
        gc.freeze()  # what is here now lives as long as the process: no full collection may pause a press
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.watch.journal.run())
            tasks.create_task(self.dispatcher.run())
            tasks.create_task(self.link.run())
            tasks.create_task(self._heard.run())
            for service in self._outgoing.services:
                tasks.create_task(service())
            for part in (self._announcer, self._keeper):
                if part is not None:
                    tasks.create_task(part.run())
            for come_round in (self.rounds.tick, self.rounds.keep_up, self.rounds.beat):
                tasks.create_task(come_round())
            if self.uplink is not None:
                tasks.create_task(self.uplink.run())
            tasks.create_task(self.path_tester.run())
            tasks.create_task(self._windows.get_ready(self.watch.rules.home.devices.values()))
            if self.settings.api.enabled:
                tasks.create_task(self._serve())

    # The parts

    async def _watch(self) -> Watch:
        home = household.home_of(self.settings)
        rules = Rules(
            home=home,
            ladder=household.ladder_of(self.settings),
            fingerprint=pipeline.fingerprint(home),
            commit_wait_s=self.settings.limits.commit_wait_s,
            refusals_kept=self.settings.limits.refusals_kept,
        )
        belief, found = await remember(self.recall, home, self.clock.now())
        watch = Watch(rules, belief, self.store, self.metrics)
        if self.store.mended is not None and self.store.mended.how != "whole":
            now = self.clock.now()
            watch.find_again(found, now - FOUND_AGAIN, now)
        return watch

    def _neighbours(self, http: aiohttp.ClientSession, briefs: Briefs) -> wiring.Neighbours:
        return wiring.Neighbours(
            env=self.env,
            http=http,
            paths=self.paths,
            briefs=briefs,
            now=self.clock.now,
            taken=self._take,
            receipted=self._receipt,
            failed=self._fail,
            counted=self._count_delivery,
            report=self._report,
            refuse=self._refuse,
        )

    def _receipt(self, delivery_id: str, receipt: str) -> None:
        self.dispatcher.receipted(delivery_id, receipt)  # which is made after the channels that call this

    def _fail(self, delivery_id: str, failure: SendFailed) -> None:
        self.dispatcher.failed(delivery_id, failure)

    def _count_delivery(self, channel: str, outcome: str) -> None:
        self.metrics.deliveries.labels(channel=channel, outcome=outcome).inc()

    def _report(self, part: str, trouble: bool) -> None:  # noqa: FBT001 - a carrier's word: which part, in trouble or not
        self.watch.report(part, trouble=trouble, at=self.clock.now())

    def _refuse(self, part: str, reason: str) -> None:
        detail = "what the far end of this part said was of no use and was passed over"
        self.watch.journal.refuse(Refusal(reason=reason, topic=part, detail=detail), self.clock.now())

    async def _take(self, delivery: Delivery, by: str) -> str:
        """Take an alert for the person whom a delivery reached, who goes on being told through it."""
        self.dispatcher.keep(delivery.id)
        return await self.watch.taken(delivery, by, self.clock.now())

    async def _uplink(self) -> Uplink | None:
        station = self.settings.station
        if station is None or self.paths is None:
            return None
        known = await self.recall.paths()
        if SPARE in known and SPARE in self.paths.all:
            self.paths.expected_since(self.paths.all[SPARE], self.clock.now() - known[SPARE].at)
        contacts = [rung.contact for rung in self.settings.ladder if "station" in rung.channels]
        return Uplink(
            self.paths,
            station.secret.reveal(self.env).encode(),
            contacts[0] if contacts else "",
            watch=self.watch,
            dispatcher=self.dispatcher,
            answers=await self.recall.decisions(),
            beats=heartbeat.Beats(
                self._starts,
                clock_s=asyncio.get_running_loop().time,
                now=self.clock.now,
                condition=self._condition,
                confirmed=max(known.values(), default=None),
            ),
            recall=self.recall,
            now=self.clock.now,
        )

    async def _path_tester(self) -> PathTester:
        probes = dict(self._outgoing.probes)
        if self.uplink is not None and self.paths is not None:
            probes |= {f"station {path.name}": StationProbe(self.uplink, path) for path in self.paths}
        home = self.settings.home
        return PathTester(
            probes,
            await self.recall.path_tests(),
            Hour(at=self.settings.limits.path_test_time, zone=home.timezone, shift=shift_of(home.id)),
            watch=self.watch,
            now=self.clock.now,
            clock_s=asyncio.get_running_loop().time,
        )

    def _condition(self) -> heartbeat.Condition:
        return heartbeat.Condition(
            live_alerts=sum(not alert.test for alert in self.watch.belief.alerts.values()),
            tested_at=self.trials.proved_at,
            test_due_at=self.trials.due_at,
        )

    async def _new_ingest(self) -> Ingest:
        return Ingest(
            self.watch,
            wiring.decoders(self.settings),
            now=self.clock.now,
            acknowledge=self.link.ack,
            metrics=self.metrics,
            heard=self._heard.say,
            remembered=await self.recall.last_messages(REMEMBERED),
            judge=self._windows.judge,
        )

    async def _resume_outbox(self) -> None:
        rows = await self.recall.under_way()
        self.dispatcher.know(await self.recall.alerts_of(sorted({row.alert_key for row in rows})))
        self.dispatcher.add(rows)
        if told := list(await self.recall.told_by("sms")):
            from gateway import texts  # noqa: PLC0415 - a modem's bus takes long to load, and few homes have one

            texts.remember(self._outgoing, told)

    # What goes on

    def _hear_home(self, message: Message) -> None:
        self._ingest.hear(message)

    def _hear_station(self, path: str, message: Message) -> None:
        if self.uplink is not None and self.paths is not None:
            self.uplink.hear(self.paths.all[path], message)

    def _path_state(self, path: str, up: bool, sentence: str) -> None:  # noqa: FBT001 - the link's own signature
        self._link_state(STATION_LINKS[path], up, sentence)
        if self.uplink is not None and self.paths is not None:
            self.uplink.changed(self.paths.all[path], up=up, awake=not self.rounds.pulse().missing())

    def _link_state(self, name: str, up: bool, sentence: str) -> None:  # noqa: FBT001 - the link's own signature
        self.links[name] = (up, sentence, self.clock.now())
        self.metrics.link_up.labels(link=name).set(up)
        self.watch.journal.news.tell()
        log.info("link %s is %s: %s", name, "up" if up else "down", sentence)
        if name == "broker":
            self.watch.report(BROKER, trouble=not up, at=self.clock.now())

    def _fall_model_state(self, trouble: bool) -> None:  # noqa: FBT001 - as above
        self.watch.report(FALL_MODEL, trouble=trouble, at=self.clock.now())

    async def _serve(self) -> None:
        """Load the page's libraries in a thread, while the watch is awake, and serve it."""
        page = await asyncio.to_thread(importlib.import_module, "gateway.page")
        await page.serve(self)
