"""The record's schema: what it takes, what it refuses, and how it says so."""

import datetime as dt
import json
from pathlib import Path

import pytest

from registry import choices, schema
from registry.schema import Record, Section, json_schema, parse_record
from registry.yaml_document import DocumentErrors, Problem, read

ARTICLE = Path(__file__).parent / "data" / "claude-rag-assistant.yaml"
HEAD = "id: a\nname: A\nowner: team-a\n"


def record_of(yaml: str) -> Record:
    return parse_record(read(yaml.encode()))


def problems(yaml: str) -> list[Problem]:
    with pytest.raises(DocumentErrors) as caught:
        record_of(yaml)
    return caught.value.problems


def only_problem(yaml: str) -> Problem:
    (problem,) = problems(yaml)
    return problem


def all_sections(section: type[Section] = Section) -> list[type[Section]]:
    return section.__subclasses__()


def test_the_articles_record_is_taken_as_it_is() -> None:
    said = read(ARTICLE.read_bytes()).data
    document = parse_record(read(ARTICLE.read_bytes())).document()
    assert document["deployment"] == said["deployment"]
    assert document["classification"] == said["classification"]
    assert document["model"] == said["model"]
    assert document["data"]["training_sources"] == "none-fine-tuning"
    assert document["data"]["rag_sources"][1]["retention_days"] == 365
    assert document["governance"] == {**said["governance"], "review_interval_days": 365}
    assert document["lifecycle"] == {"stage": "production"}


def test_the_article_leaves_its_order_to_the_document() -> None:
    document = parse_record(read(ARTICLE.read_bytes())).document()
    assert [key for key in document if key != "in_scope"] == list(read(ARTICLE.read_bytes()).data)


def test_id_name_and_owner_are_enough() -> None:
    document = record_of(HEAD).document()
    assert document["in_scope"] is True
    assert document["deployment"] == {"environment": "development", "regions": []}
    assert document["model"] == {"version_pinned": False}
    assert document["governance"] == {"review_interval_days": 365, "approved_by": []}
    assert document["lifecycle"] == {"stage": "draft"}


@pytest.mark.parametrize("absent", ["null", '""', '"  "', "~", ""])
def test_null_and_empty_text_count_as_absent(absent: str) -> None:
    written = (
        HEAD + f"contact: {absent}\nin_scope: {absent}\nmodel: {absent}\nlifecycle: {{stage: {absent}}}\n"
    )
    assert record_of(written) == record_of(HEAD)


def test_whether_a_source_holds_personal_data_is_never_guessed() -> None:
    source = record_of(HEAD + "data: {rag_sources: [{name: kb}]}").document()["data"]["rag_sources"][0]
    assert "pii" not in source


def test_the_choices_are_those_of_the_models() -> None:
    assert tuple(choices.Environment.values) == schema.ENVIRONMENTS
    assert tuple(choices.DataSensitivity.values) == schema.DATA_SENSITIVITIES
    assert tuple(choices.RiskTier.values) == schema.RISK_TIERS
    assert tuple(choices.EuAiActTier.values) == schema.EU_AI_ACT_TIERS
    assert tuple(choices.Stage.values) == schema.STAGES


@pytest.mark.parametrize("section", all_sections(), ids=lambda section: section.__name__)
def test_every_field_has_a_title_and_a_help_text(section: type[Section]) -> None:
    assert all(field.title and field.description for field in section.model_fields.values())


@pytest.mark.parametrize(
    ("added", "line", "column", "said"),
    [
        ("nmae: x\n", 4, 1, "Did you mean “name”?"),
        ("purpose: x\n", 4, 1, "move it to classification"),
        ("zzz: null\n", 4, 1, "The keys here are id, name, owner"),
        ("deployment:\n  enviroment: staging\n", 5, 3, "Did you mean “environment”?"),
        ("classification: {risk_tier: HIGH}\n", 4, 29, "'low', 'medium', 'high' or 'critical'"),
        ("deployment: {environment: prod}\n", 4, 27, "'development', 'staging' or 'production'"),
        ('model: {version_pinned: "true"}\n', 4, 25, "write true or false, without quotes"),
        ("model: {version_pinned: 1}\n", 4, 25, "write true or false"),
        ("model: {base_model: 4.6}\n", 4, 21, "needs quotes"),
        ("contact: yes\n", 4, 10, "needs quotes"),
        ("model: claude\n", 4, 8, "write its keys"),
        ("deployment: {regions: eu}\n", 4, 23, "write a list"),
        ("deployment: {regions: [eu, us, eu]}\n", 4, 32, "“eu” stands in deployment.regions twice"),
        ('deployment: {regions: [eu, ""]}\n', 4, 28, "remove the entry"),
        ("deployment: {regions: [eu, null]}\n", 4, 28, "deployment.regions[2] is empty"),
        ("data: {training_sources: {name: a}}\n", 4, 26, "or a list of sources"),
        ("data: {training_sources: [{name: a, licence: b}]}\n", 4, 37, "Did you mean “license”?"),
        ("data: {training_sources: [{source: a}]}\n", 4, 27, "“name” is missing"),
        ("data: {rag_sources: [{name: a}, {name: a}]}\n", 4, 33, "“a” stands in data.rag_sources twice"),
        ("data: {rag_sources: [{name: a, retention_days: -1}]}\n", 4, 48, "not below 0"),
        ("data: {logs: {retention_days: 1.5}}\n", 4, 31, "whole number"),
        ("data: {logs: {retention_days: 40000}}\n", 4, 31, "not above 36500"),
        ("governance: {approved_by: dpo}\n", 4, 27, "write a list"),
        ("governance: {last_reviewed: 2026-02-30}\n", 4, 29, "YYYY-MM-DD"),
        ('governance: {last_reviewed: "20260115"}\n', 4, 29, "YYYY-MM-DD"),
        ("governance: {review_interval_days: 0}\n", 4, 36, "not below 1"),
        ("lifecycle: {stage: live}\n", 4, 20, "'draft'"),
        (f"contact: {'x' * 201}\n", 4, 10, "at most 200 characters"),
    ],
)
def test_a_refusal_says_where_and_what(added: str, line: int, column: int, said: str) -> None:
    problem = only_problem(HEAD + added)
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message


@pytest.mark.parametrize("wrong", ["Claude", "a--b", "-a", "a_b", "a b", "é", "a" * 65])
def test_an_id_is_a_slug(wrong: str) -> None:
    assert only_problem(f"id: {wrong!r}\nname: A\nowner: b\n".replace("'", '"')).message.startswith("id is")


def test_what_is_missing_is_named() -> None:
    assert [problem.message.split(":")[0] for problem in problems("id: a\n")] == [
        "“name” is missing",
        "“owner” is missing",
    ]


def test_a_file_that_is_no_section_is_refused() -> None:
    assert "the record is a list" in only_problem("- id: a\n").message
    assert "the record is “text”" in only_problem("text\n").message


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    found = problems("nam: A\nid: A\nowner: b\nmodel: {x: 1}\n")
    assert [problem.line for problem in found] == [1, 1, 2, 4]


def test_the_json_schema_names_its_address_and_its_dialect() -> None:
    described = json_schema("https://aims.example.com/")
    assert described["$id"] == "https://aims.example.com/schemas/ai-system.json"
    assert described["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert described["required"] == ["id", "name", "owner"]
    assert described["additionalProperties"] is False
    assert json.loads(json.dumps(described)) == described


def test_days_are_real_days() -> None:
    leap = record_of(HEAD + "lifecycle: {decommission_date: 2028-02-29}").lifecycle.decommission_date
    assert leap is not None
    assert dt.date.fromisoformat(leap) == dt.date(2028, 2, 29)


def test_the_json_of_a_record_says_the_same_as_its_data() -> None:
    record = record_of(ARTICLE.read_text())
    assert json.loads(record.document_json()) == record.document()
