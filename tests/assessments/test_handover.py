"""The open drafts of somebody who leaves."""

from typing import Any

import pytest

from aims.accounts.departures import deactivate, held_by
from aims.accounts.models import User
from assessments.handover import DRAFTS
from assessments.services import begin
from tests.factories import forget_rights, make_user

pytestmark = pytest.mark.django_db


def drafts_of(person: User) -> list[Any]:
    return [held for held in held_by(person) if held.kind is DRAFTS]


def test_drafts_of_one_team_are_one_holding_that_names_them(deputy: User, make_system: Any) -> None:
    for name in ("Alpha", "Beta"):
        begin(make_system(name=name), by=deputy)
    [held] = drafts_of(deputy)
    assert held.holding.title == "2 open drafts in AI platform team"
    assert "Alpha" in held.holding.detail


def test_the_successor_can_go_on_and_the_author_stays_on_record(
    deputy: User, admin: User, make_system: Any
) -> None:
    draft = begin(make_system(), by=deputy)
    heir = make_user("Hedda Heir")
    [held] = drafts_of(deputy)
    deactivate(deputy, successors={held.key: heir}, by=admin, reason="Left")
    forget_rights(heir)
    assert heir.has_perm("assessments.change_assessment", draft)
    draft.refresh_from_db()
    assert draft.created_by == deputy


def test_who_writes_everywhere_needs_no_place_in_the_team(
    deputy: User, lead: User, admin: User, make_system: Any
) -> None:
    begin(make_system(), by=deputy)
    [held] = drafts_of(deputy)
    deactivate(deputy, successors={held.key: lead}, by=admin, reason="Left")
    assert not lead.memberships.exists()


def test_without_a_successor_they_stay_with_the_team(deputy: User, admin: User, make_system: Any) -> None:
    draft = begin(make_system(), by=deputy)
    deactivate(deputy, successors={}, by=admin, reason="Left")
    assert draft.system.team.lead.has_perm("assessments.change_assessment", draft)
