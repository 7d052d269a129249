"""The back office: drafts are written through the service, all else is for reading."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from aims.accounts.models import User
from assessments import services
from assessments.admin import NAMES
from assessments.models import Assessment
from assessments.states import State
from tests.assessments.conftest import fresh
from tests.lifecycle import complete_content

Clients = Callable[[User], Client]


def address(assessment: Assessment) -> str:
    return f"/admin/assessments/assessment/{assessment.pk}/change/"


def posted(assessment: Assessment, **changes: Any) -> dict[str, Any]:
    content = assessment.parsed
    values = {field: getattr(getattr(content, part), name) or "" for field, (part, name) in NAMES.items()}
    return values | {"seen": assessment.revision} | changes


def test_a_draft_is_written_through_the_service(draft: Assessment, owner: User, client_of: Clients) -> None:
    response = client_of(owner).post(address(draft), posted(draft, context_purpose="From the back office"))
    assert response.status_code == 302
    saved = fresh(draft)
    assert saved.parsed.context.purpose == "From the back office"
    assert (saved.revision, saved.edited_by) == (draft.revision + 1, owner)
    assert saved.parsed.impacts == draft.parsed.impacts


def test_a_conflict_is_said_in_the_form(
    draft: Assessment, owner: User, deputy: User, client_of: Clients
) -> None:
    context = complete_content().context.model_dump() | {"purpose": "By the deputy"}
    services.save(draft, complete_content(context=context), by=deputy, revision=draft.revision)
    response = client_of(owner).post(address(draft), posted(draft, context_purpose="By the owner"))
    assert response.status_code == 200
    assert "changed the same answers" in response.text
    assert fresh(draft).parsed.context.purpose == "By the deputy"


@pytest.mark.parametrize("state", [State.SUBMITTED, State.APPROVED, State.DECLINED, State.REVOKED])
def test_what_is_submitted_or_decided_is_for_reading(
    state: State, in_state: Callable[[State], Assessment], owner: User, client_of: Clients
) -> None:
    assessment = in_state(state)
    client = client_of(owner)
    page = client.get(address(assessment)).text
    assert 'name="context_purpose"' not in page
    assert "A ticket of somebody else" in page
    assert client.post(address(assessment), posted(assessment)).status_code == 403


def test_an_auditor_reads_and_writes_nothing(draft: Assessment, auditor: User, client_of: Clients) -> None:
    client = client_of(auditor)
    assert 'name="context_purpose"' not in client.get(address(draft)).text
    assert client.post(address(draft), posted(draft, context_purpose="x")).status_code == 403


def test_others_do_not_find_it(draft: Assessment, stranger: User, client_of: Clients) -> None:
    assert client_of(stranger).get(address(draft)).status_code in (302, 403, 404)


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_nothing_is_added_or_deleted(page: str, draft: Assessment, lead: User, client_of: Clients) -> None:
    assert client_of(lead).get(f"/admin/assessments/assessment/{page.format(pk=draft.pk)}").status_code == 403


def test_there_are_no_bulk_actions(draft: Assessment, lead: User, client_of: Clients) -> None:
    page = client_of(lead).get("/admin/assessments/assessment/").text
    assert draft.ref in page
    assert 'name="action"' not in page


def test_history_is_there_and_for_reading(draft: Assessment, owner: User, client_of: Clients) -> None:
    client = client_of(owner)
    assert client.get(f"/admin/assessments/assessment/{draft.pk}/history/").status_code == 200
    old = f"/admin/assessments/assessment/{draft.pk}/history/{draft.history.last().history_id}/"
    assert client.get(old).status_code == 200
    assert client.post(old, posted(draft, context_purpose="Reverted")).status_code == 403
