"""The check of the policies at the start of the portal."""

from pathlib import Path
from typing import Any

from aims.policy.checks import check_policies


def test_the_shipped_policies_pass() -> None:
    assert check_policies() == []


def test_policies_that_cannot_be_used_are_named_with_what_to_do(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "broken.rego").write_text("package ai.model_registry\n\ndeny contains msg if {\n")
    settings.AIMS_POLICIES = tmp_path
    (message,) = check_policies()
    assert message.id == "aims.E002"
    assert "broken.rego" in message.msg
    assert message.hint
