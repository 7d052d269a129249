"""A system to be signed, and the way through the decision page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from aims.accounts.models import Team, User
from registry import documents
from registry.models import AISystem
from registry.schema import Record
from registry.services import system_update
from tests.factories import PASSWORD

Post = Callable[..., HttpResponse]


@pytest.fixture
def system(make_system: Callable[..., AISystem]) -> AISystem:
    """Policy asks DPO, security officer and CTO to sign it."""
    return make_system(slug="claims-triage", name="Claims triage", data_sensitivity="pii", risk_tier="high")


@pytest.fixture
def page() -> str:
    return reverse("signoffs:decide", args=["system", "claims-triage"])


@pytest.fixture
def decide(client_of: Callable[[User], Client], page: str, system: AISystem) -> Post:
    """(person, **fields) -> the answer to a decision about what the page shows that person at that moment."""

    def post(by: User, *, client: Client | None = None, **fields: Any) -> HttpResponse:
        client = client or client_of(by)
        shown = client.get(page).context["subject"].signed_bytes
        role = next((role.value for role in by.roles), "")
        given = {
            "role": role,
            "decision": "approve",
            "reason": "Read it all, it is sound.",
            "password": PASSWORD,
            "shown": shown,
        }
        return client.post(page, {**given, **fields})

    return post


@pytest.fixture
def change(team: Team, owner: User) -> Callable[..., AISystem]:
    """Edit columns of a system as its owner does."""

    def edit(system: AISystem, **columns: Any) -> AISystem:
        system.refresh_from_db()
        for column, value in columns.items():
            setattr(system, column, value)
        record = Record.model_validate(documents.record_of(system))
        return system_update(
            system, record, team=team, by=owner, revision=system.revision, reason="As it is."
        )

    return edit
