"""What people did, in the same words for every set."""

from __future__ import annotations

import pytest

from gateway.scorecard.fall_activities import Deed, deed_of


@pytest.mark.parametrize(
    ("subject", "activity", "deed"),
    [
        ("SA01", "D08", Deed.SIT_HARD),
        ("SE05", "D11", Deed.COLLAPSE),
        ("SA16", "D14", Deed.ROLL),
        ("SE07", "D19", Deed.JUMP),
        ("U25", "D05", Deed.COLLAPSE),
        ("U01", "D09", Deed.KNOCK),
        ("U01", "D11", Deed.DOOR),
        ("U01", "D12", Deed.OTHER),
        ("SA01", "D00", Deed.OTHER),
        ("P1", "D08", Deed.OTHER),
        ("P1", "sitting down hard", Deed.SIT_HARD),
        ("P1", "Quickly sit in a low chair", Deed.SIT_HARD),
        ("P1", "sit_down", Deed.SIT),
        ("P1", "Jumping", Deed.JUMP),
        ("P1", "going up stairs", Deed.STAIRS),
        ("P1", "try to get up and collapse into a chair", Deed.COLLAPSE),
        ("P1", "LyingDown_OnABed", Deed.LIE),
        ("P1", "taking the device off", Deed.TAKE_OFF),
        ("P1", "put it on the table", Deed.PUT_DOWN),
        ("P1", "Hopping", Deed.JUMP),
        ("P1", "HandsUp", Deed.OTHER),
        ("P1", "上下楼梯", Deed.STAIRS),
        ("P1", "", Deed.OTHER),
    ],
)
def test_an_activity_is_known_by_number_or_by_word(subject: str, activity: str, deed: Deed):
    assert deed_of(subject, activity, fall=False) is deed


def test_a_fall_is_a_fall_whatever_it_is_called():
    assert deed_of("SA01", "F01", fall=True) is Deed.FALL
    assert deed_of("P1", "sitting", fall=True) is Deed.FALL
