"""What the station counts, for GET /metrics. Labels are fixed names, never anything that arrived."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """The station's counters, in a registry of their own so that tests may have many stations."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.tellings = Counter(
            "shouwang_station_tellings", "Alert messages receipted, repetitions too", registry=registry
        )
        self.heartbeats = Counter("shouwang_station_heartbeats", "Heartbeats that were news", registry=registry)
        self.refusals = Counter("shouwang_station_refusals", "Messages refused", ["reason"], registry=registry)
        self.decisions = Counter("shouwang_station_decisions", "What people did", ["action"], registry=registry)
        self.decisions_published = Counter(
            "shouwang_station_decisions_published", "Decisions handed to the broker, repetitions too", registry=registry
        )
        self.logins = Counter("shouwang_station_logins", "Logins", ["result"], registry=registry)
        self.link_up = Gauge("shouwang_station_link_up", "1 while the broker is connected", registry=registry)
        self.store_trouble = Gauge("shouwang_station_store_trouble", "1 while the disk refuses", registry=registry)
        self.live_alerts = Gauge("shouwang_station_live_alerts", "Alerts that need a person", registry=registry)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)
