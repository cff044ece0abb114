"""Whether a path works, and which one is used: by questions, answers and the time, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from alerts import supervision
from alerts.supervision import STATION, PathState, Rhythm

MAIN = Rhythm(beat_s=50.0, alone_s=50.0, answer_s=10.0, retries_s=(10.0, 10.0, 10.0, 30.0))
SPARE = Rhythm(beat_s=3600.0, alone_s=600.0, answer_s=10.0, retries_s=(10.0, 10.0, 10.0, 60.0, 300.0, 900.0))
FRESH = PathState(proven_s=0.0, due_s=0.0)


def unanswered(state: PathState, rhythm: Rhythm, until_s: float) -> tuple[PathState, list[float]]:
    """Asks whenever it is due, and nobody answers; the path, and when it was asked."""
    asked = []
    while state.due_s <= until_s:
        asked.append(state.due_s)
        state = supervision.asked(state, rhythm, len(asked), state.due_s)
    return state, asked


def alive(at_s: float, rhythm: Rhythm = MAIN, **changes: object) -> PathState:
    return replace(supervision.proven(FRESH, rhythm, at_s, alone=False), **changes)


def test_an_answered_path_is_asked_again_after_its_beat():
    state = supervision.asked(FRESH, MAIN, 7, 0.0)
    state = supervision.answered(state, MAIN, 7, 0.2, alone=False)
    assert (state.due_s, state.proven_s, state.heard, state.missed, state.good) == (50.2, 0.2, True, 0, True)


def test_a_spare_path_is_asked_more_often_while_it_is_alone():
    state = supervision.asked(FRESH, SPARE, 7, 0.0)
    assert supervision.answered(state, SPARE, 7, 1.0, alone=False).due_s == 3601.0
    assert supervision.answered(state, SPARE, 7, 1.0, alone=True).due_s == 601.0


def test_an_answer_to_no_question_of_ours_proves_nothing():
    state = supervision.asked(FRESH, MAIN, 7, 0.0)
    assert supervision.answered(state, MAIN, 8, 0.2, alone=False) is state
    later, _ = unanswered(state, MAIN, 1000.0)
    assert supervision.answered(later, MAIN, 7, 1000.0, alone=False) is later, "an answer from long ago, replayed"


def test_an_answer_that_comes_late_still_proves_the_path():
    state = supervision.asked(FRESH, MAIN, 7, 0.0)
    state = supervision.asked(state, MAIN, 8, 10.0)
    assert not state.good
    assert supervision.answered(state, MAIN, 7, 12.0, alone=False).good


def test_a_main_path_is_lost_half_a_minute_after_the_first_question_that_nobody_answers():
    path = alive(0.0)
    state, asked = unanswered(path, MAIN, 79.9)
    assert (asked, state.missed, state.lost) == ([50.0, 60.0, 70.0], 2, False)
    state, asked = unanswered(path, MAIN, 200.0)
    assert (asked, state.lost) == ([50.0, 60.0, 70.0, 80.0, 110.0, 140.0, 170.0, 200.0], True)
    assert supervision.troubles({"main": state}, ()) == {STATION: 0.0}


def test_a_spare_path_that_stays_lost_is_asked_ever_more_rarely():
    _, asked = unanswered(alive(0.0, SPARE), SPARE, 3600.0 + 86_400.0)
    assert asked[:6] == [3600.0, 3610.0, 3620.0, 3630.0, 3690.0, 3990.0]
    assert len(asked) == 6 + (86_400 - 390) // 900


def test_a_connection_that_comes_and_goes_uses_up_no_patience():
    state = alive(0.0)
    for at_s in (1.0, 1.1, 1.2, 1.3, 1.4):
        state = supervision.connected(supervision.cut(state, MAIN, at_s), at_s)
        assert state.due_s == at_s
        state = supervision.asked(state, MAIN, int(at_s * 10), at_s)
    assert (state.missed, state.answer_by_s) == (0, 11.0)


def test_a_connection_that_went_has_time_to_come_back_by_itself():
    assert supervision.cut(alive(0.0), MAIN, 20.0).due_s == 30.0
    assert supervision.cut(alive(0.0), MAIN, 45.0).due_s == 50.0, "it was due anyway"


def test_a_doubtful_path_is_asked_at_once_and_used_last():
    main = supervision.doubted(alive(0.0), 20.0)
    assert (main.due_s, main.good) == (20.0, False)
    states = {"main": main, "spare": alive(0.0, SPARE)}
    assert supervision.in_order(states, {"main", "spare"}) == ["spare", "main"]
    main = supervision.answered(supervision.asked(main, MAIN, 9, 20.0), MAIN, 9, 20.3, alone=False)
    assert supervision.in_order({**states, "main": main}, {"main", "spare"}) == ["main", "spare"]


def test_doubt_while_an_answer_is_awaited_asks_no_second_time():
    waiting = supervision.asked(alive(0.0), MAIN, 9, 50.0)
    assert supervision.doubted(waiting, 52.0).due_s == waiting.due_s == 60.0


def test_a_path_without_a_connection_is_used_last():
    states = {"main": alive(0.0), "spare": supervision.doubted(alive(0.0, SPARE), 1.0)}
    assert supervision.in_order(states, {"spare"}) == ["spare", "main"]
    assert supervision.in_order(states, set()) == ["main", "spare"]


def test_a_spare_path_is_checked_as_soon_as_the_main_one_is_doubtful():
    spare = alive(0.0, SPARE)
    assert supervision.hastened(spare, SPARE, 2000.0).due_s == 2000.0
    assert supervision.hastened(spare, SPARE, 100.0).due_s == 600.0, "it was proved a minute ago"
    waiting = supervision.asked(spare, SPARE, 1, 3600.0)
    assert supervision.hastened(waiting, SPARE, 3601.0) is waiting


def test_one_cause_is_one_trouble():
    lost, _ = unanswered(alive(0.0), MAIN, 80.0)
    gone, _ = unanswered(alive(0.0, SPARE, due_s=60.0), SPARE, 90.0)
    unsure, back = alive(0.0, SPARE), alive(61.0, SPARE)
    assert (lost.lost, gone.lost) == (True, True)
    assert supervision.troubles({"main": lost, "spare": unsure}, ()) == {}, "first the spare one is asked"
    assert supervision.troubles({"main": lost, "spare": back}, ()) == {"main": 0.0}
    assert supervision.troubles({"main": lost, "spare": gone}, ()) == {STATION: 0.0}
    assert supervision.troubles({"main": alive(99.0), "spare": gone}, ()) == {"spare": 0.0}


def test_what_was_told_stays_until_it_is_over():
    lost, _ = unanswered(alive(0.0), MAIN, 80.0)
    gone, _ = unanswered(alive(300.0, SPARE, due_s=900.0), SPARE, 930.0)
    assert supervision.troubles({"main": lost, "spare": gone}, {"main"}) == {STATION: 300.0, "main": 0.0}
    assert supervision.troubles({"main": lost, "spare": alive(1000.0, SPARE)}, {STATION, "main"}) == {"main": 0.0}
    assert supervision.troubles({"main": alive(1001.0), "spare": alive(1000.0, SPARE)}, {"main"}) == {}


def test_a_restart_neither_ends_nor_begins_a_trouble():
    fresh = {"main": FRESH, "spare": FRESH}
    assert supervision.troubles(fresh, ()) == {}
    assert supervision.troubles(fresh, {"main"}) == {"main": 0.0}
    assert supervision.troubles(fresh, {STATION}) == {STATION: 0.0}
    assert supervision.troubles({**fresh, "spare": alive(1.0, SPARE)}, {STATION}) == {}
