"""Whatever a record looks like, judging it raises nothing, and a hole in it never opens the gate."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aims.policy.policies import PolicySet
from tests.policy.records import ARTICLE_RECORD, POLICIES, article_record

SHIPPED = PolicySet.load(POLICIES)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["dpo", "production"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)

QUESTIONS = st.fixed_dictionaries({}, optional={"subject": values, "record": values, "changes": scalars})


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += paths(inner, (*path, key))
    return found


PLACES = st.sampled_from(paths(ARTICLE_RECORD))
# What the article's record needs to be allowed. Without any one of these it must not be.
NEEDED = st.sampled_from(
    [
        ("owner",),
        ("contact",),
        ("classification",),
        ("classification", "purpose"),
        ("classification", "data_sensitivity"),
        ("classification", "risk_tier"),
        ("classification", "eu_ai_act_tier"),
        ("model",),
        ("model", "version_pinned"),
        ("governance",),
        ("governance", "impact_assessment_id"),
        ("governance", "last_reviewed"),
        ("governance", "approved_by"),
        ("deployment",),
        ("deployment", "environment"),
        ("data", "rag_sources", 1, "retention_days"),
    ]
)


def parent_of(record: dict[str, Any], path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        record = record[step]
    return record


@given(PLACES, values)
@settings(max_examples=300, deadline=None)
def test_any_value_anywhere_gives_a_verdict(path: tuple[Any, ...], value: Any) -> None:
    record = article_record()
    parent_of(record, path)[path[-1]] = value
    verdict = SHIPPED.judge(record)
    assert verdict.decision in {"allow", "deny", "error"}
    assert (verdict.decision == "deny") == bool(verdict.blockers)
    assert (verdict.decision == "error") == bool(verdict.error)


@given(st.dictionaries(st.sampled_from(list(ARTICLE_RECORD)), values))
@settings(max_examples=200, deadline=None)
def test_any_document_gives_a_verdict(document: dict[str, Any]) -> None:
    assert SHIPPED.judge(document).decision in {"allow", "deny", "error"}


@given(NEEDED)
@settings(deadline=None)
def test_what_is_missing_never_allows(path: tuple[Any, ...]) -> None:
    record = article_record()
    del parent_of(record, path)[path[-1]]
    assert SHIPPED.judge(record).decision == "deny"


@given(NEEDED, st.sampled_from([None, "", " ", 0, False, [], {}]))
@settings(deadline=None)
def test_what_is_empty_never_allows(path: tuple[Any, ...], empty: Any) -> None:
    record = article_record()
    parent_of(record, path)[path[-1]] = empty
    assert SHIPPED.judge(record).decision == "deny"


@given(values)
@settings(max_examples=300, deadline=None)
def test_only_a_list_that_names_the_dpo_is_an_approval(value: Any) -> None:
    record = article_record()
    record["governance"]["approved_by"] = value
    approved = isinstance(value, list) and "dpo" in value
    assert (SHIPPED.judge(record).decision == "allow") <= approved


@given(st.sampled_from(["signoffs.required", "materiality.stale"]), QUESTIONS)
@settings(deadline=None)
def test_other_policies_always_answer(rule: str, question: dict[str, Any]) -> None:
    answer = SHIPPED.query(f"data.ai.{rule}", question)
    assert isinstance(answer, list)
    assert answer
    # What was kept from another question with the same words is what the engine says.
    assert answer == SHIPPED._evaluated(f"data.ai.{rule}", question)
