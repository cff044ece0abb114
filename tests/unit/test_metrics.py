"""The gateway's counters: their names are a contract with whoever supervises many homes."""

from __future__ import annotations

import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import CONTENT_TYPE, Metrics


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.expose().decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics)[name, frozenset(labels.items())]


def test_what_comes_in_is_counted_by_fixed_names() -> None:
    metrics = Metrics()
    metrics.readings.labels(dialect="native").inc(3)
    metrics.refusals.labels(reason="not_utf8").inc()
    metrics.duplicates.inc(2)
    metrics.detections.labels(kind="emergency").inc()
    metrics.clock_jumps.inc()
    assert value(metrics, "shouwang_readings_total", dialect="native") == 3
    assert value(metrics, "shouwang_refusals_total", reason="not_utf8") == 1
    assert value(metrics, "shouwang_duplicates_total") == 2
    assert value(metrics, "shouwang_detections_total", kind="emergency") == 1
    assert value(metrics, "shouwang_clock_jumps_total") == 1


def test_what_goes_out_is_counted() -> None:
    metrics = Metrics()
    metrics.alerts_live.labels(kind="fall").set(2)
    metrics.deliveries.labels(channel="station", outcome="receipted").inc()
    assert value(metrics, "shouwang_alerts_live", kind="fall") == 2
    assert value(metrics, "shouwang_deliveries_total", channel="station", outcome="receipted") == 1


def test_the_store_is_measured() -> None:
    metrics = Metrics()
    metrics.commits.inc()
    metrics.commit_seconds.observe(0.003)
    metrics.commit_rows.observe(17)
    assert value(metrics, "shouwang_commits_total") == 1
    assert value(metrics, "shouwang_commit_seconds_sum") == 0.003
    assert value(metrics, "shouwang_commit_rows_bucket", le="10.0") == 0
    assert value(metrics, "shouwang_commit_rows_bucket", le="20.0") == 1


def test_the_state_is_shown() -> None:
    metrics = Metrics()
    metrics.link_up.labels(link="broker").set(1)
    metrics.clock_trusted.set(0)
    metrics.degraded.labels(trouble="store_in_memory").set(1)
    metrics.device_silent_for(3, "sos", 61.5)
    metrics.resident_silence.set(120)
    metrics.inactivity_limit.set(14_400)
    metrics.longest_unseen.set(43_230)
    assert value(metrics, "shouwang_link_up", link="broker") == 1
    assert value(metrics, "shouwang_clock_trusted") == 0
    assert value(metrics, "shouwang_degraded", trouble="store_in_memory") == 1
    assert value(metrics, "shouwang_device_silence_seconds", device="3", role="sos") == 61.5
    assert value(metrics, "shouwang_resident_silence_seconds") == 120
    assert value(metrics, "shouwang_inactivity_limit_seconds") == 14_400
    assert value(metrics, "shouwang_longest_unseen_seconds") == 43_230


def test_labels_are_only_those_that_cannot_name_a_person() -> None:
    metrics = Metrics()
    collectors = (getattr(metrics, name) for name in vars(metrics))
    labels = {label for collector in collectors for label in getattr(collector, "_labelnames", ())}
    assert labels == {"dialect", "reason", "kind", "channel", "outcome", "link", "trouble", "device", "role", "voice"}


def test_two_gateways_in_one_process_do_not_mix() -> None:
    first, second = Metrics(), Metrics()
    first.duplicates.inc()
    assert value(second, "shouwang_duplicates_total") == 0


def test_the_process_itself_is_measured() -> None:
    assert value(Metrics(), "shouwang_process_resident_memory_bytes") > 1_000_000


def test_the_text_says_which_form_it_has() -> None:
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")
    assert b"# HELP shouwang_readings_total Readings that were judged\n" in Metrics().expose()


def test_the_first_alert_does_not_wait_for_the_web_framework() -> None:
    asked = "import sys, gateway.metrics, gateway.web.view; print({'fastapi', 'pydantic', 'jinja2'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
