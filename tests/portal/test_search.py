"""Search over everything: what is found, in which order, and nothing beyond a person's rights."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.portal import search as searching
from aims.portal.search import Group, search
from assessments.models import Assessment
from registry.models import AISystem, SystemException
from tests import factories
from tests.lifecycle import submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]

PERSONAS = [
    "owner",
    "stranger",
    "dpo",
    "cto",
    "security",
    "lead",
    "auditor",
    "external_auditor",
    "oncall",
    "admin",
    "outsider",
]


def found(user: User, query: str) -> dict[str, list[str]]:
    """Label of a group -> titles."""
    return {group.label: [result.title for result in group.results] for group in search(user, query)}


def systems(user: User, query: str) -> list[str]:
    return found(user, query).get("Systems", [])


def group(user: User, query: str, label: str) -> Group:
    return next(group for group in search(user, query) if group.label == label)


# --- Order and words ---------------------------------------------------------------------------------------


def test_the_id_comes_first_then_beginnings_then_the_rest(
    make_system: Callable[..., AISystem], lead: User
) -> None:
    make_system(slug="a-helper", name="A helper with triage")
    make_system(slug="triage-of-mail", name="Mail sorter")
    make_system(slug="triage", name="Zebra")
    make_system(slug="z-claims", name="Triage of claims")
    assert systems(lead, "triage") == ["Zebra", "Mail sorter", "Triage of claims", "A helper with triage"]


def test_every_word_has_to_occur(make_system: Callable[..., AISystem], lead: User) -> None:
    make_system(name="Claims triage", purpose="sorting")
    make_system(name="Claims forecast", purpose="planning")
    assert systems(lead, "claims sorting") == ["Claims triage"]
    assert systems(lead, "  sorting   CLAIMS ") == ["Claims triage"]
    assert systems(lead, "claims zebra") == []


@pytest.mark.parametrize("wildcard", ["%", "_", "\\", "'", '"', "%%", "claims%triage"])
def test_signs_mean_themselves(make_system: Callable[..., AISystem], lead: User, wildcard: str) -> None:
    make_system(slug="plain", name="Claims triage")
    assert systems(lead, wildcard) == []
    make_system(slug="odd", name=f"Odd {wildcard} name")
    assert systems(lead, wildcard) == [f"Odd {wildcard} name"]


def test_a_query_without_end_is_cut(lead: User, client_of: ClientOf) -> None:
    assert client_of(lead).get("/search/", {"q": "x " * 10_000}).status_code == 200


def test_a_few_are_shown_and_the_list_has_the_rest(
    make_system: Callable[..., AISystem], lead: User, client_of: ClientOf
) -> None:
    for number in range(8):
        make_system(name=f"Sorter {number}")
    of_systems = group(lead, "sorter", "Systems")
    assert len(of_systems.results) == searching.SHOWN
    page = client_of(lead).get(of_systems.more_url).context["page"]
    assert page.paginator.count == 8


def test_no_link_to_a_list_that_holds_no_more(make_system: Callable[..., AISystem], lead: User) -> None:
    make_system(name="Sorter")
    assert group(lead, "sorter", "Systems").more_url == ""


def test_an_assessment_is_found_by_its_reference_and_by_its_system(
    make_system: Callable[..., AISystem], owner: User, lead: User
) -> None:
    submitted = submit_assessment(make_system(name="Claims triage"), owner)
    submit_assessment(make_system(name="Forecast"), owner)
    title = f"{submitted.ref} · Claims triage"
    assert found(lead, submitted.ref.lower())["Assessments"] == [title]
    assert found(lead, "triage")["Assessments"] == [title]


def test_people_are_found_by_name_and_address(admin: User, dpo: User) -> None:
    assert found(admin, "protection")["People"] == [dpo.name]
    assert found(admin, "DPO@example")["People"] == [dpo.name]


def test_people_who_left_come_last_and_are_marked(admin: User) -> None:
    factories.make_user("Anna Gone", is_active=False)
    factories.make_user("Anna Here")
    here, gone = group(admin, "anna", "People").results
    assert (here.title, gone.title) == ("Anna Here", "Anna Gone")
    assert "deactivated" in gone.detail


def test_controls_are_found_by_number_and_title(auditor: User) -> None:
    call_command("load_catalogue", verbosity=0)
    assert found(auditor, "A.5.2")["Controls"] == ["A.5.2 AI system impact assessment process"]
    assert len(found(auditor, "a.6")["Controls"]) == searching.SHOWN
    assert "A.2.2 AI policy" in found(auditor, "policy")["Controls"]


def test_help_is_found_by_title_and_first_sentences(outsider: User) -> None:
    assert found(outsider, "data protection officer")["Help"][0] == "For the data protection officer"
    assert "Gate, policies and signatures, in plain words" in found(outsider, "yesterday")["Help"]
    assert "Help" not in found(outsider, "")


def test_pages_are_found_and_stand_there_without_a_query(owner: User, outsider: User) -> None:
    assert found(owner, "polic")["Pages"] == ["Policies"]
    assert found(owner, "register")["Pages"] == ["Register a system"]
    assert "Import" in found(owner, "")["Pages"]
    assert "Pages" not in found(outsider, "polic")
    assert found(outsider, "") == {
        "Pages": ["My work", "Overview", "Help", "Account, roles and substitutes", "Change the password"]
    }


# --- Rights ------------------------------------------------------------------------------------------------


@pytest.fixture
def company(make_system: Callable[..., AISystem], owner: User, stranger: User, outsider: User) -> None:
    """Two teams with systems and assessments, and one system opened to the outsider."""
    call_command("load_catalogue", verbosity=0)
    submit_assessment(make_system(slug="common-a", name="Common A"), owner)
    submit_assessment(make_system(stranger.leads.get(), slug="common-b", name="Common B"), stranger)
    opened = factories.make_system(slug="common-c", name="Common C")
    SystemException.objects.create(
        user=outsider,
        content_object=opened,
        permission=Permission.objects.get(codename="view_aisystem", content_type__app_label="registry"),
        until=timezone.localdate() + dt.timedelta(days=1),
        reason="Helps.",
    )


@pytest.mark.parametrize("persona", PERSONAS)
def test_nothing_is_found_that_the_person_may_not_see(
    request: pytest.FixtureRequest, company: None, persona: str
) -> None:
    person = request.getfixturevalue(persona)
    factories.forget_rights(person)
    groups = found(person, "common")
    visible = AISystem.objects.visible_to(person).filter(slug__startswith="common")
    assert groups.get("Systems", []) == [system.name for system in visible.order_by("name")]
    assessments = Assessment.objects.visible_to(person).filter(system__in=visible).order_by("-ref")
    assert groups.get("Assessments", []) == [f"{row.ref} · {row.system.name}" for row in assessments]
    assert ("People" in found(person, "example")) == person.has_perm("accounts.view_user")
    assert ("Controls" in found(person, "policy")) == person.has_perm("controls.view_control")


@pytest.mark.parametrize("persona", PERSONAS)
def test_whatever_is_found_opens(
    request: pytest.FixtureRequest, client_of: ClientOf, company: None, persona: str
) -> None:
    client = client_of(request.getfixturevalue(persona))
    for query in ("", "common", "example", "policy", "a"):
        answer = client.get("/search/", {"q": query, "format": "json"}).json()
        for entry in answer["groups"]:
            for url in [result["url"] for result in entry["results"]] + [entry["more_url"]]:
                assert not url or client.get(url).status_code == 200, url


# --- The page and its JSON ---------------------------------------------------------------------------------


def test_the_page_shows_what_was_found(
    make_system: Callable[..., AISystem], client_of: ClientOf, lead: User
) -> None:
    system = make_system(name="Claims triage")
    text = client_of(lead).get("/search/", {"q": "triage"}).content.decode()
    assert f'href="{system.get_absolute_url()}"' in text
    assert "1 result" in text


def test_the_page_says_what_to_do_where_nothing_matches(client_of: ClientOf, lead: User) -> None:
    text = client_of(lead).get("/search/", {"q": "<zebra>"}).content.decode()
    assert "Nothing found for “&lt;zebra&gt;”." in text
    assert "Try fewer words" in text


def test_the_palette_gets_the_same_as_json(
    make_system: Callable[..., AISystem], client_of: ClientOf, lead: User
) -> None:
    make_system(slug="triage", name="<b>Triage")
    answer = client_of(lead).get("/search/", {"q": "triage", "format": "json"})
    assert answer["Content-Type"] == "application/json"
    assert "no-store" in answer["Cache-Control"]
    body = answer.json()
    assert body["summary"] == "1 result"
    (entry,) = body["groups"]
    assert entry["results"] == [
        {"title": "<b>Triage", "url": "/systems/triage/", "detail": "Draft · AI platform team"}
    ]


def test_the_top_bar_leads_to_the_page_without_javascript(client_of: ClientOf, outsider: User) -> None:
    text = client_of(outsider).get("/work/").content.decode()
    assert '<a class="btn s search-open" href="/search/" data-palette>' in text


def test_nobody_searches_without_an_account(client: Client, db: None) -> None:
    assert "/accounts/login/" in client.get("/search/?format=json").url


@pytest.mark.parametrize("persona", ["auditor", "owner", "outsider"])
def test_the_number_of_queries_is_fixed(
    request: pytest.FixtureRequest, client_of: ClientOf, company: None, persona: str
) -> None:
    client = client_of(request.getfixturevalue(persona))

    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/", {"q": query, "format": "json"})
        return len(captured)

    queries("common")
    counted: dict[str, Any] = {query: queries(query) for query in ("common", "example", "zebra", "a b c d")}
    assert len(set(counted.values())) == 1, counted
    assert counted["common"] <= 10
