"""Records and policy folders for these tests."""

from __future__ import annotations

import copy
from pathlib import Path
from textwrap import dedent
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
POLICIES = PROJECT / "policies"

# The record of the source article: one that may be in production.
ARTICLE_RECORD: dict[str, Any] = {
    "id": "claude-rag-assistant",
    "name": "Customer Support RAG Assistant",
    "owner": "team-ai-platform",
    "contact": "ai-platform@example.com",
    "deployment": {
        "environment": "production",
        "regions": ["eu-west-1"],
        "endpoint": "https://api.example.com/v1/assistant",
    },
    "classification": {
        "purpose": "customer-support",
        "data_sensitivity": "pii",
        "risk_tier": "high",
        "eu_ai_act_tier": "limited",
        "affected_parties": ["customers", "support-agents"],
    },
    "model": {
        "type": "llm-rag",
        "base_model": "claude-sonnet-4.6",
        "provider": "anthropic",
        "version_pinned": True,
        "weights_location": "vendor-hosted",
    },
    "data": {
        "training_sources": "none-fine-tuning",
        "rag_sources": [
            {"name": "support-kb", "location": "s3://example-kb/support/", "pii": False},
            {
                "name": "ticket-history",
                "location": "postgres://prod-rds/tickets",
                "pii": True,
                "retention_days": 365,
            },
        ],
    },
    "governance": {
        "impact_assessment_id": "IA-2026-014",
        "last_reviewed": "2026-01-15",
        "approved_by": ["cto", "dpo"],
    },
    "lifecycle": {"stage": "production", "decommission_date": None},
}

ARTICLE_RULES = {"pii-needs-assessment", "high-risk-needs-dpo", "production-needs-review-date"}


def article_record() -> dict[str, Any]:
    """A copy of the article's record, free to be changed."""
    return copy.deepcopy(ARTICLE_RECORD)


def rule_text(rule_id: str, body: str, *, head: str = "deny contains msg", severity: str = "blocker") -> str:
    """A rule with full METADATA; `body` is what stands between the braces."""
    return (
        dedent(
            f"""\
        # METADATA
        # title: Something holds
        # custom:
        #   id: {rule_id}
        #   control: A.5.3
        #   severity: {severity}
        #   fix: Do something about it.
        """
        )
        + f"{head} if {{\n{dedent(body).strip()}\n}}\n"
    )


def write_policy(
    folder: Path, *texts: str, name: str = "own.rego", package: str = "ai.model_registry"
) -> Path:
    """A policy folder with one file of these rules; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"package {package}\n\n" + "\n".join(texts), encoding="utf-8")
    return folder
