"""The edit form under wrong, stale and hostile input."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from aims.accounts.models import Team, User
from registry import documents
from registry.models import AISystem
from tests.page_forms import posted

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def full_system(make_system: Callable[..., AISystem]) -> AISystem:
    """A system with an answer of each kind in each field."""
    return make_system(
        data_sensitivity="pii",
        risk_tier="high",
        in_scope=False,
        regions=["eu-west-1", "eu-west-2"],
        endpoint="https://api.example.com/v1",
        training_sources=[
            {"name": "letters", "pii": True, "license": "own"},
            {"name": "forms", "pii": False},
            {"name": "unasked"},
        ],
        rag_sources=[
            {"name": "tickets", "pii": True, "retention_days": 0, "versioning": True},
            {"name": "handbook", "pii": False, "object_lock": True, "access_logging": True},
            {"name": "unasked"},
        ],
        logs={"captured": ["prompts"], "retention_days": 0, "readers": ["team"]},
        decommission_date="2031-01-31",
    )


def test_saving_what_the_edit_form_shows_changes_nothing(
    full_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    client, address = client_of(owner), f"/systems/{full_system.slug}/edit/"
    before = documents.record_of(full_system)
    response = client.post(address, posted(client.get(address).text, holding="purpose"))
    assert response.status_code == 302
    full_system.refresh_from_db()
    assert documents.record_of(full_system) == before
    assert full_system.revision == 1
