"""A real OPA comes to the same verdict. Runs where `opa` is on PATH."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aims.policy.policies import PolicySet
from tests.policy.records import POLICIES, article_record

OPA = shutil.which("opa")
pytestmark = pytest.mark.skipif(
    OPA is None, reason="NOT CHECKED AGAINST A REAL OPA: there is no `opa` on PATH"
)

WRONG: list[Any] = [None, "", "text", 3, True, [], {}, ["dpo"], [{"pii": True}]]
GOLDEN = Path(__file__).parent / "data" / "article-rules.jsonl"


def variants() -> list[dict[str, Any]]:
    """Golden inputs, and the article's record with a hole or a wrong type at each of its places."""
    found = [json.loads(line)["input"] for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    for section, fields in article_record().items():
        for field in fields if isinstance(fields, dict) else [None]:
            for value in WRONG:
                record = article_record()
                if field is None:
                    record[section] = value
                else:
                    record[section][field] = value
                found.append(record)
    return found


def opa(query: str, document: Any) -> Any:
    assert OPA is not None
    answer = subprocess.run(
        [OPA, "eval", "--stdin-input", "--format", "json", "--data", str(POLICIES), query],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)["result"][0]["expressions"][0]["value"]


def test_same_messages_as_opa() -> None:
    policies = PolicySet.load(POLICIES)
    records = variants()
    query = (
        "[answer | some record in input; "
        "answer := [data.ai.model_registry.deny, data.ai.model_registry.warn] with input as record]"
    )
    for record, (denied, warned) in zip(records, opa(query, records), strict=True):
        verdict = policies.judge(record)
        assert sorted(denial.message for denial in verdict.blockers) == sorted(denied), record
        assert sorted(denial.message for denial in verdict.warnings) == sorted(warned), record


def test_opa_passes_the_policy_tests() -> None:
    assert OPA is not None
    subprocess.run([OPA, "test", str(POLICIES)], check=True)


def test_opa_finds_nothing_to_object_to() -> None:
    assert OPA is not None
    subprocess.run([OPA, "check", "--strict", str(POLICIES)], check=True)
