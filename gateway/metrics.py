"""What the gateway counts about itself, in Prometheus's text form.

One `Metrics` belongs to one gateway and has its own registry, so that two gateways in one test never mix. Labels hold
fixed names and numbers only: no person, address, topic or secret can be read from them, since whoever supervises many
homes sees them all.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from gateway.detection import inactivity
from gateway.detection.presence import Place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from config.home import Device
    from gateway.detection.home import Home
    from gateway.detection.state import State

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Source: Prometheus exposition formats, text format 0.0.4, which every scraper reads."""

_COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""From a solid-state disk's flush (about 2 ms) to a worn SD card's stall (seconds)."""

_ROW_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Metrics:
    """Every counter, gauge and histogram of one gateway.

    Attributes are prometheus_client's own objects: `metrics.readings.labels(dialect="native").inc()`.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(namespace="shouwang", registry=self.registry)
        self._count_what_comes_in()
        self._count_what_goes_out()
        self._measure_the_store()
        self._show_the_state()

    def _count_what_comes_in(self) -> None:
        self.readings = self._counter("readings", "Readings that were judged", "dialect")
        self.refusals = self._counter("refusals", "Messages, or parts of one, that were refused", "reason")
        self.duplicates = self._counter("duplicates", "Readings that had been judged before")
        self.detections = self._counter("detections", "Detections raised or cleared", "kind")
        self.clock_jumps = self._counter("clock_jumps", "Times that the system's clock was seen to jump")

    def _count_what_goes_out(self) -> None:
        self.alerts_live = self._gauge("alerts_live", "Alerts that are not cancelled or closed", "kind")
        self.deliveries = self._counter("deliveries", "Attempts to tell somebody", "channel", "outcome")
        self.announcements = self._counter("announcements", "Attempts to say something at home", "voice", "outcome")

    def _measure_the_store(self) -> None:
        self.commits = self._counter("commits", "Transactions written")
        self.commit_seconds = Histogram(
            "shouwang_commit_seconds",
            "How long one transaction took to be on disk",
            buckets=_COMMIT_BUCKETS_S,
            registry=self.registry,
        )
        self.commit_rows = Histogram(
            "shouwang_commit_rows", "Rows written by one transaction", buckets=_ROW_BUCKETS, registry=self.registry
        )

    def _show_the_state(self) -> None:
        self.link_up = self._gauge("link_up", "1 while the connection is up", "link")
        self.clock_trusted = self._gauge("clock_trusted", "1 while the time of day is trusted")
        self.degraded = self._gauge("degraded", "1 while a part of the gateway is in the named trouble", "trouble")
        self.device_silence = self._gauge(
            "device_silence_seconds", "Since the device was last heard, by its place in the settings", "device", "role"
        )
        self.resident_silence = self._gauge("resident_silence_seconds", "Since the last sign of life")
        self.inactivity_limit = self._gauge(
            "inactivity_limit_seconds", "Silence that raises an alert just now; 0 while she is out"
        )
        self.longest_unseen = self._gauge(
            "longest_unseen_seconds", "How long a collapse would stay unseen at worst; +Inf where nothing bounds it"
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"shouwang_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"shouwang_{name}", meaning, labels, registry=self.registry)

    def device_silent_for(self, number: int, role: str, seconds: float) -> None:
        """Sets how long a device has said nothing.

        Args:
            number: the device's place in the settings, from 1; its name may be a person's and stays at home.
            role: as in `gateway.detection.home.Role`.
            seconds: since it was last heard.
        """
        self.device_silence.labels(device=str(number), role=role).set(seconds)

    def show_silences(self, devices: Iterable[Device], home: Home, state: State, now: datetime) -> None:
        """Sets how long the resident and each device have said nothing.

        Args:
            devices: in the order of the settings; their places are all that is told of them.
            home: with its limits.
            state: what is believed.
            now: the time (aware UTC).
        """
        away = state.presence.place is Place.AWAY
        self.resident_silence.set(0.0 if away else max(0.0, (now - state.quiet_since).total_seconds()))
        self.inactivity_limit.set(0.0 if away else inactivity.limit_s(home, state))
        self.longest_unseen.set(inf if state.coverage.longest_s is None else state.coverage.longest_s)
        for number, device in enumerate(devices, start=1):
            known = state.devices.get(device.id)
            if known is not None and known.last_heard is not None:
                self.device_silent_for(number, device.role, (now - known.last_heard).total_seconds())

    def expose(self) -> bytes:
        """All values as `CONTENT_TYPE`."""
        return generate_latest(self.registry)
