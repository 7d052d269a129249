"""First steps: a checklist that ticks itself, and its card."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import first_administrator_create
from aims.portal import first_steps
from registry.services import system_move
from tests.factories import PASSWORD, make_system, make_team, make_user
from tests.lifecycle import Staff, approve_assessment, put_in_production, sign_system, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def first() -> User:
    """The account that an empty portal starts with."""
    return first_administrator_create(email="first@example.com", name="First Person", password=PASSWORD)


def done(user: User) -> list[str]:
    steps = first_steps.checklist(User.objects.get(pk=user.pk))
    return [str(row["title"]) for row in steps.rows if row["state"] == "pass"]


def test_an_empty_portal_has_an_administrator_and_nothing_else(first: User) -> None:
    assert done(first) == ["Have an administrator"]


@pytest.mark.parametrize(
    ("role", "title"),
    [
        (Role.DPO, "Name the data protection officer"),
        (Role.CTO, "Name the chief technology officer"),
        (Role.SECURITY, "Name the security officer"),
    ],
)
def test_a_role_ticks_its_line_while_somebody_active_holds_it(first: User, role: Role, title: str) -> None:
    holder = make_user("Holder", role)
    assert title in done(first)
    User.objects.filter(pk=holder.pk).update(is_active=False)
    assert title not in done(first)


def test_the_way_to_production_ticks_one_line_after_the_other(first: User, staff: Staff) -> None:
    before = len(done(first))
    ticked = []
    team = make_team()
    system = make_system(team)
    ticked.append(done(first)[before:])
    assessment = submit_assessment(system, team.lead)
    ticked.append(done(first)[before:])
    approve_assessment(assessment, staff)
    ticked.append(done(first)[before:])
    sign_system(system, staff)
    ticked.append(done(first)[before:])
    assert system_move(system, "promote", by=team.lead).done
    assert [titles[-1] for titles in ticked] == [
        "Bring in the first system",
        "Begin the first impact assessment",
        "Get an assessment approved",
        "Get the first signature for production",
    ]
    assert first_steps.checklist(first).complete


def test_each_open_line_leads_there_only_for_who_may(first: User, outsider: User, auditor: User) -> None:
    by_title = {str(row["title"]): row for row in first_steps.checklist(first).rows}
    assert by_title["Name the data protection officer"]["fix_url"] == "/people/"
    assert by_title["Bring in the first system"]["fix_url"] == "/import/"
    assert "fix_url" not in by_title["Get an assessment approved"]
    assert all("fix_url" not in row for row in first_steps.checklist(outsider).rows[1:])
    assert all(row["fix"] for row in by_title.values() if row["state"] == "wait")


def test_every_place_opens_for_whom_it_is_offered(client_of: ClientOf, first: User) -> None:
    for row in first_steps.checklist(first).rows:
        if "fix_url" in row:
            assert client_of(first).get(row["fix_url"]).status_code == 200


def test_the_page_shows_how_far_the_portal_is(client_of: ClientOf, first: User) -> None:
    page = client_of(first).get("/start/").content.decode()
    assert "1 of 10 done" in page
    assert "Make the first team" in page


def test_the_card_is_for_those_who_set_a_portal_up(
    lead: User, admin: User, owner: User, dpo: User, outsider: User
) -> None:
    assert first_steps.first_steps(lead)
    assert first_steps.first_steps(admin)
    assert [first_steps.first_steps(user) for user in (owner, dpo, outsider)] == [None, None, None]


def test_the_card_shows_the_next_step(first: User) -> None:
    card = render_to_string("portal/_first_steps.html", {"steps": first_steps.first_steps(first)})
    assert "Name the data protection officer" in card
    assert "1 of 10 done" in card
    assert render_to_string("portal/_first_steps.html", {"steps": None}).strip() == ""


def test_the_overview_begins_with_the_card(client_of: ClientOf, first: User, outsider: User) -> None:
    assert "Name the data protection officer" in client_of(first).get("/").content.decode()
    assert "First steps" not in client_of(outsider).get("/").content.decode()


def test_a_person_puts_the_card_aside_and_takes_it_up_again(
    client_of: ClientOf, lead: User, admin: User
) -> None:
    client = client_of(lead)
    client.post("/start/card/")
    client.post("/start/card/")
    assert first_steps.first_steps(lead) is None
    assert first_steps.first_steps(admin), "it is for each person to put aside"
    assert "Show the card" in client.get("/start/").content.decode()
    client.post("/start/card/", {"show": "1"})
    assert first_steps.first_steps(lead)


def test_the_card_goes_when_all_is_done(lead: User, staff: Staff, admin: User, team: Any) -> None:
    put_in_production(make_system(team), staff)
    assert first_steps.first_steps(lead) is None


def test_it_takes_one_query_however_much_there_is(client_of: ClientOf, lead: User) -> None:
    assert lead.roles
    with CaptureQueriesContext(connection) as queries:
        first_steps.first_steps(lead)
    assert len(queries) == 1
    client = client_of(lead)
    with CaptureQueriesContext(connection) as queries:
        client.get("/start/")
    assert len(queries) <= 12
