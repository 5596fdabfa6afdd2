"""The rules of simultaneous translation."""

import json

import pytest
from conftest import GOLDEN
from simultaneous_vectors import vectors

from leapformer.translate.rules import (
    BOS,
    END,
    OFFLINE,
    OVER,
    READ,
    WRITE,
    sentences,
    stream,
    units,
)

TO_GERMAN = 5


def test_the_playground_reads_the_vectors_of_these_rules() -> None:
    assert json.loads((GOLDEN / "simultaneous.json").read_text()) == json.loads(
        json.dumps(vectors())
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Va ! Où\u202f? – 3", ["Va\u00a0!", "Où\u00a0?\u00a0–", "3"]),
        ("Cafe\u0301\u3000au\u200blait", ["Café", "au", "lait"]),
        ("?! a", ["?!", "a"]),
        ("x" * 130, ["x" * 64, "x" * 64, "xx"]),
        (" \ufeff\x85", []),
    ],
)
def test_units_stand_between_white_space(text: str, expected: list[str]) -> None:
    assert units(text) == expected


def test_a_sentence_is_over_after_its_last_mark_or_its_line() -> None:
    assert sentences("One two. Three", False) == [(["One", "two."], True)]
    assert sentences("One two. Three", True) == [(["One", "two."], True), (["Three"], True)]
    assert sentences("One\ntwo th", False) == [(["One"], True), (["two"], False)]
    # an ellipsis, and marks set apart
    assert sentences("So… Va ! Non ", False) == [
        (["So…"], True),
        (["Va\u00a0!"], True),
        (["Non"], False),
    ]


def test_a_stream_reads_k_units_and_then_one_for_each_that_it_writes() -> None:
    source, target = [[10], [11, 12], [13]], [[20], [21, 22], [23]]
    tokens, scored = stream(source, target, TO_GERMAN, 2)
    assert tokens == [
        *(BOS, TO_GERMAN, 10, 11, 12, WRITE, 20, READ, 13, OVER, WRITE, 21, 22, 23, END)
    ]
    drawn = [token for token, is_scored in zip(tokens, scored, strict=True) if is_scored]
    assert drawn == [20, READ, 21, 22, 23, END]
    offline = [BOS, TO_GERMAN, 10, 11, 12, 13, OVER, WRITE, 20, 21, 22, 23, END]
    assert stream(source, target, TO_GERMAN, OFFLINE)[0] == offline
    assert stream(source, target, TO_GERMAN, 3)[0] == offline


def test_a_stream_passes_its_turns_when_the_target_ends_before_the_source() -> None:
    tokens, scored = stream([[10], [11], [12]], [[20]], TO_GERMAN, 1)
    assert tokens == [*(BOS, TO_GERMAN, 10, WRITE, 20, READ, 11, WRITE, READ, 12, OVER, WRITE, END)]
    assert [t for t, drawn in zip(tokens, scored, strict=True) if drawn] == [20, READ, READ, END]
