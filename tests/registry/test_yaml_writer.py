"""YAML out and in again loses nothing."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from registry.schema import (
    DATA_SENSITIVITIES,
    ENVIRONMENTS,
    EU_AI_ACT_TIERS,
    RISK_TIERS,
    STAGES,
    Record,
    parse_record,
)
from registry.yaml_document import CONTROL, read
from registry.yaml_writer import dump_yaml

ARTICLE = Path(__file__).parent / "data" / "claude-rag-assistant.yaml"

TRICKY = [
    *["yes", "null", "0755", "1e3", "2026-01-15", "12:30:45", "<<", "é", "\U0001f600"],
    *["a: b", "a #b", "- a", "[a]", "a:", "a, b", "s3://a/b", "a\\b", "'a'", '"a"'],
    # In the middle, since what stands at an end may count as a space, and be dropped.
    *["x\ny", "x\ty", "x\u0085y", "x \u2028 y", "x \u2029 y", "x\ufeffy"],
]


def texts(longest: int) -> st.SearchStrategy[str]:
    """Text as a file can hold it, often such that YAML would like to read something else."""
    anything = st.text(
        st.characters(exclude_categories=["Cs"]).filter(lambda char: not CONTROL.match(char)),
        min_size=1,
        max_size=longest,
    ).map(str.strip)
    return st.one_of(st.sampled_from(TRICKY).map(str.strip), anything.filter(bool))


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


words = st.lists(texts(100), max_size=4, unique=True)
days = st.dates().map(str)
retention = st.integers(0, 36_500)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)
rag_sources = st.lists(
    st.builds(
        dict.__or__,
        texts(100).map(lambda name: {"name": name}),
        some(location=texts(500), pii=st.booleans(), retention_days=retention, versioning=st.booleans()),
    ),
    max_size=3,
    unique_by=lambda source: source["name"],
)
training_sources = st.lists(
    st.builds(
        dict.__or__,
        texts(100).map(lambda name: {"name": name}),
        some(source=texts(500), license=texts(200), pii=st.booleans(), snapshot=texts(500)),
    ),
    max_size=3,
    unique_by=lambda source: source["name"],
)
records = st.builds(
    dict.__or__,
    st.fixed_dictionaries({"id": slugs, "name": texts(200), "owner": slugs}),
    some(
        contact=texts(200),
        in_scope=st.booleans(),
        deployment=some(environment=st.sampled_from(ENVIRONMENTS), regions=words, endpoint=texts(500)),
        classification=some(
            purpose=texts(500),
            data_sensitivity=st.sampled_from(DATA_SENSITIVITIES),
            risk_tier=st.sampled_from(RISK_TIERS),
            eu_ai_act_tier=st.sampled_from(EU_AI_ACT_TIERS),
            affected_parties=words,
        ),
        model=some(type=texts(100), base_model=texts(200), version_pinned=st.booleans()),
        data=some(
            training_sources=st.one_of(texts(200), training_sources),
            rag_sources=rag_sources,
            logs=some(captured=words, retention_days=retention, readers=words),
        ),
        governance=some(
            impact_assessment_id=texts(100),
            last_reviewed=days,
            review_interval_days=st.integers(1, 3650),
            approved_by=words,
        ),
        lifecycle=some(stage=st.sampled_from(STAGES), decommission_date=days),
    ),
)


@pytest.mark.parametrize("text", TRICKY)
def test_text_that_yaml_would_like_to_read_otherwise_comes_back(text: str) -> None:
    record = Record.model_validate({"id": "a", "name": text, "owner": "b", "deployment": {"regions": [text]}})
    assert record.name == text
    assert parse_record(read(dump_yaml(record.document()).encode())) == record


@given(records)
def test_any_record_comes_back_as_it_was(given_record: dict[str, Any]) -> None:
    record = Record.model_validate(given_record)
    assert parse_record(read(dump_yaml(record.document()).encode())) == record


@given(records)
def test_another_yaml_program_reads_the_same(given_record: dict[str, Any]) -> None:
    document = Record.model_validate(given_record).document()
    assert yaml.safe_load(dump_yaml(document)) == document


def test_it_looks_as_in_the_article() -> None:
    written = dump_yaml(parse_record(read(ARTICLE.read_bytes())).document()).splitlines()
    article = [line for line in ARTICLE.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in article if line not in written] == ["  decommission_date: null"]
    assert all(line.strip() for line in written)
