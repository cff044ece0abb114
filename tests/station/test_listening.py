"""Which homes and which of their paths are silent, by promises and by a clock that the test moves."""

from __future__ import annotations

from alerts.station.listening import Listening, Sign, Silence

MAIN_BEAT = Sign("a", "main", 50.0, False, ("main", "spare"))  # noqa: FBT003 - as a heartbeat says it
SPARE_BEAT = Sign("a", "spare", 3600.0, False, ("main", "spare"))  # noqa: FBT003 - the same
STANDING_IN = Sign("a", "spare", 600.0, True, ("main", "spare"))  # noqa: FBT003 - the same


def listening(*homes: str) -> Listening:
    return Listening(homes, limit_s=170.0, spare_limit_s=17_700.0, at_s=0.0)


def test_silence_is_found_once_and_again_after_a_word():
    watch = Listening(["a", "b"], limit_s=180, spare_limit_s=18_000, at_s=1000)
    watch.heard(Sign("a", "main"), 1100)
    watch.heard(Sign("stranger", "main"), 1100)
    assert watch.silent(1179.9) == []
    assert watch.silent(1180) == [("b", "", 180)]
    watch.noted(Silence("b", "", 180))
    assert watch.silent(1279.9) == []
    assert watch.silent(1280) == [("a", "", 180)]
    watch.heard(Sign("b", "main"), 1300)
    watch.heard(Sign("a", "main"), 1300)
    assert watch.silent(1479.9) == []
    assert sorted(watch.silent(1480)) == [("a", "", 180), ("b", "", 180)]


def test_a_home_that_speaks_rarely_is_given_three_of_its_promises():
    watch = listening("a")
    watch.heard(Sign("a", "main", 600.0), 0.0)
    assert watch.silent(1799.0) == []
    assert watch.silent(1800.0) == [("a", "", 1800.0)]


def test_a_spare_path_that_stands_in_leaves_only_the_main_path_silent():
    watch = listening("a")
    watch.heard(SPARE_BEAT, 10.0)
    watch.heard(MAIN_BEAT, 100.0)
    watch.heard(STANDING_IN, 180.0)
    assert watch.silent(270.0) == [], "the home is first to tell of its own path"
    assert watch.silent(278.0) == [("a", "main", 178.0)]
    watch.noted(Silence("a", "main", 178.0))
    watch.heard(STANDING_IN, 780.0)
    assert watch.silent(1979.0) == []
    assert watch.silent(1980.0) == [("a", "", 1200.0)], "two promises of the only path are broken"


def test_a_spare_path_does_not_stand_in_by_an_ordinary_word_or_an_old_one():
    watch = listening("a")
    watch.heard(MAIN_BEAT, 100.0)
    watch.heard(SPARE_BEAT, 110.0)
    assert watch.silent(270.0) == [("a", "", 160.0)], "that beat was due anyway"
    watch.heard(STANDING_IN, 271.0)
    watch.heard(MAIN_BEAT, 280.0)
    assert watch.silent(450.0) == [("a", "", 170.0)], "it stood in for an earlier failure"


def test_a_spare_path_has_five_hours_even_if_it_never_spoke():
    watch = listening("a")
    for at_s in range(0, 17_800, 50):
        watch.heard(MAIN_BEAT, float(at_s))
        if at_s < 17_750:
            assert watch.silent(float(at_s)) == []
    assert watch.silent(17_750.0) == [("a", "spare", 17_750.0)]


def test_a_spare_path_that_the_home_gave_up_is_missed_no_more():
    watch = listening("a")
    watch.heard(MAIN_BEAT, 0.0)
    watch.heard(Sign("a", "main", 50.0, False, ("main",)), 17_700.0)  # noqa: FBT003 - as a heartbeat says it
    assert watch.silent(17_800.0) == []


def test_after_a_restart_the_store_says_who_stood_in():
    watch = listening("a")
    watch.heard(MAIN_BEAT, 0.0)
    watch.heard(STANDING_IN, 0.0)
    assert watch.silent(177.0) == []
    assert watch.silent(178.0) == [("a", "main", 178.0)]
