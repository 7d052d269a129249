"""What the registry's tests need beside the personas."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry import documents
from registry.forms import SystemForm
from registry.models import AISystem
from registry.schema import Record


@pytest.fixture
def article_record() -> bytes:
    """The record that the source article prints."""
    return (Path(__file__).parent / "data" / "claude-rag-assistant.yaml").read_bytes()


@pytest.fixture
def form_data(owner: Any) -> Callable[[AISystem], dict[str, Any]]:
    """What a browser posts when somebody saves the edit form of a system unchanged."""

    def data(system: AISystem) -> dict[str, Any]:
        form = SystemForm(user=system.team.lead, system=system)
        posted: dict[str, Any] = {}
        for part in (
            form,
            form.training.management_form,
            form.rag.management_form,
            *form.training,
            *form.rag,
        ):
            for bound in part:
                value = bound.value()
                if value is not None and value is not False and value not in ([], ""):
                    posted[bound.html_name] = bound.field.prepare_value(value)
        return posted

    return data


@pytest.fixture
def record_of() -> Callable[..., Record]:
    """The record of a system with some keys replaced; sections are merged."""

    def record(system: AISystem, **changed: Any) -> Record:
        document = documents.record_of(system)
        for key, value in changed.items():
            document[key] = document[key] | value if isinstance(value, dict) else value
        return Record.model_validate(document)

    return record
