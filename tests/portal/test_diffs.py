"""Comparing two texts line by line, then word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aims.portal import diffs
from aims.portal.diffs import Row, Segment, diff_words

TEXT = st.lists(st.sampled_from(["alpha beta", "alpha", "beta gamma.", "", "delta"]), max_size=12).map(
    "\n".join
)


def text_of(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.text for segment in segments)


def test_equal_texts_have_no_rows() -> None:
    assert diff_words("one\r\ntwo", "one\ntwo") == []


def test_only_the_changed_words_are_marked() -> None:
    [row] = diff_words("A recruiter may review.", "A recruiter must review.")
    assert row.kind == "changed"
    assert [part.text for part in row.before if part.changed] == ["may"]
    assert [part.text for part in row.after if part.changed] == ["must"]


def test_a_new_line_stands_on_the_right_alone() -> None:
    rows = diff_words("one", "one\ntwo")
    assert rows[-1] == Row("added", after=(Segment("two", changed=True),))


def test_a_removed_line_stands_on_the_left_alone() -> None:
    rows = diff_words("one\ntwo", "one")
    assert rows[-1] == Row("removed", before=(Segment("two", changed=True),))


def test_unchanged_lines_far_from_a_change_are_counted_not_shown() -> None:
    before = "\n".join(f"line {n}" for n in range(20))
    rows = diff_words(before, before + "\nlast")
    assert rows[0] == Row("gap", skipped=17)
    assert [row.kind for row in rows[1:]] == ["same", "same", "same", "added"]


def test_a_single_hidden_line_is_shown_instead_of_a_gap() -> None:
    rows = diff_words("a\nb\nc\nd", "a\nb\nc\nd\ne")
    assert "gap" not in {row.kind for row in rows}


@given(TEXT, TEXT)
def test_each_side_reads_as_its_text(before: str, after: str) -> None:
    rows = diff_words(before, after, context=100)
    if before.splitlines() != after.splitlines():
        assert [text_of(r.before) for r in rows if r.kind != "added"] == before.splitlines()
        assert [text_of(r.after) for r in rows if r.kind != "removed"] == after.splitlines()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("same words again\n" * 3000, "other words again\n" * 3000),  # many equal lines
        ("yes no " * 20_000, "no yes " * 20_000),  # one endless line
    ],
)
def test_long_repetitive_text_is_never_compared_piece_by_piece(
    before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    largest = 0

    class Counted(diffs.SequenceMatcher):  # type: ignore[type-arg]
        def __init__(self, isjunk: None, a: list[str], b: list[str]) -> None:
            nonlocal largest
            largest = max(largest, len(a) * len(b))
            super().__init__(isjunk, a, b)

    monkeypatch.setattr(diffs, "SequenceMatcher", Counted)
    assert diff_words(before, after)
    assert largest <= diffs.MAX_LINES
