"""Looking at the portal as of a moment: the control, what is read-only, what travels."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import User
from registry import documents
from registry.models import AISystem
from registry.schema import Record
from registry.services import system_update
from tests.lifecycle import approve_assessment, submit_assessment

pytestmark = pytest.mark.django_db

Clients = Callable[[User], Client]
AS_OF, TODAY, CLOSED = "looking at the portal as of", "This page shows today", "cannot be opened in the past"


def rename(system: AISystem, name: str, by: User, **more: Any) -> AISystem:
    system = AISystem.objects.select_related("team").get(pk=system.pk)
    document = documents.without_derived(documents.record_of(system)) | {"name": name} | more
    return system_update(
        system,
        Record.model_validate(document),
        team=system.team,
        by=by,
        revision=system.revision,
        reason="Because.",
    )


def travel(client: Client, moment: dt.datetime) -> Client:
    url = reverse("registry:systems")
    assert AS_OF in client.get(url, {"as_of": moment.isoformat()}).content.decode()
    return client


@pytest.fixture
def renamed(make_system: Callable[..., AISystem], owner: User) -> tuple[AISystem, dt.datetime]:
    """A system, and a moment at which it still had its old name."""
    system = make_system(slug="desk", name="Old name")
    moment = timezone.now()
    return rename(system, "New name", owner), moment


# --- The control -------------------------------------------------------------------------------------------


def test_the_form_leads_into_the_past_and_stays_there(
    renamed: tuple[AISystem, dt.datetime], lead: User, client_of: Clients
) -> None:
    client = client_of(lead)
    answer = client.post(
        reverse("past"), {"day": "2020-05-01", "time": "10:00", "next": "/systems/?q=a&as_of=2019-01-01"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/systems/?q=a")
    for url in ("/systems/", "/assessments/"):
        page = client.get(url).content.decode()
        assert "as of 1 May 2020 10:00:00" in page
        assert "at this moment" in page  # the honest empty state
    client.post(reverse("past-leave"), {"next": "/systems/"})
    page = client.get("/systems/").content.decode()
    assert AS_OF not in page
    assert "New name" in page


@pytest.mark.parametrize(
    ("day", "time", "says"),
    [
        ("", "", "Choose a day"),
        ("2026-02-30", "", "Give a date"),
        ("2999-01-01", "10:00", "yet to come"),
        ("x", "y", "Give a date"),
    ],
)
def test_what_is_no_moment_of_the_past_is_refused(
    lead: User, client_of: Clients, day: str, time: str, says: str
) -> None:
    client = client_of(lead)
    answer = client.post(reverse("past"), {"day": day, "time": time})
    assert (answer.status_code, says in answer.content.decode()) == (422, True)
    assert AS_OF not in client.get("/systems/").content.decode()


def test_an_address_with_nonsense_is_refused(lead: User, client_of: Clients) -> None:
    answer = client_of(lead).get("/systems/", {"as_of": "soon"})
    assert answer.status_code == 400
    assert "Give a date" in answer.content.decode()


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_on_stays_in_the_portal(lead: User, client_of: Clients, wanted: str) -> None:
    answer = client_of(lead).post(reverse("past-leave"), {"next": wanted})
    assert answer["Location"] == "/systems/"


def test_nobody_travels_without_being_logged_in(client: Client) -> None:
    answer = client.get("/systems/?as_of=2026-01-01")
    assert answer["Location"].startswith(reverse("account_login"))


# --- Read-only and today ------------------------------------------------------------


def test_one_can_log_out_of_the_past(lead: User, client_of: Clients) -> None:
    client = travel(client_of(lead), timezone.now())
    assert client.post(reverse("account_logout")).status_code == 302


@pytest.mark.parametrize("url", ["/work/?format=csv", "/systems/records.zip", "/admin/"])
def test_a_file_or_back_office_of_today_is_closed(url: str, admin: User, client_of: Clients) -> None:
    client = travel(client_of(admin), timezone.now())
    answer = client.get(url)
    assert answer.status_code == 409
    assert CLOSED in answer.content.decode()


# --- What travels ------------------------------------------------------------------------------------------


def test_a_system_shows_as_it_was(
    renamed: tuple[AISystem, dt.datetime], lead: User, client_of: Clients
) -> None:
    system, moment = renamed
    client = travel(client_of(lead), moment)
    for url in (
        f"/systems/{system.slug}/",
        "/systems/",
        f"/systems/{system.slug}/record.yaml",
        "/systems/?format=csv",
    ):
        answer = client.get(url)
        text = b"".join(answer) if answer.streaming else answer.content
        assert b"Old name" in text, url
        assert b"New name" not in text, url


def test_the_history_ends_at_the_moment(
    renamed: tuple[AISystem, dt.datetime], lead: User, client_of: Clients
) -> None:
    system, moment = renamed
    url = reverse("registry:system-history", args=[system.slug])
    assert len(client_of(lead).get(url).context["page"].object_list) == 2
    assert len(travel(client_of(lead), moment).get(url).context["page"].object_list) == 1


def test_before_it_was_registered_a_system_is_not_there(
    make_system: Callable[..., AISystem], lead: User, client_of: Clients
) -> None:
    client = travel(client_of(lead), timezone.now())
    system = make_system(name="Later")
    answer = client.get(system.get_absolute_url())
    assert answer.status_code == 404
    assert "was registered on" in answer.content.decode()


def test_filters_and_search_speak_of_then(
    make_system: Callable[..., AISystem], owner: User, lead: User, client_of: Clients
) -> None:
    system = make_system(name="Sorter", risk_tier="low")
    moment = timezone.now()
    rename(system, "Renamed", owner, classification={"risk_tier": "high", "affected_parties": []})
    client = travel(client_of(lead), moment)

    def found(**params: str) -> list[str]:
        return [row.system.name for row in client.get("/systems/", params).context["listing"].rows]

    assert found(risk_tier="low") == found(q="sorter") == ["Sorter"]
    assert found(risk_tier="high") == found(q="renamed") == []
    offered = {entry["name"] for entry in client.get("/systems/").context["listing"].search.filters}
    assert offered == {"stage", "risk_tier", "data_sensitivity", "eu_ai_act_tier", "owner"}


def test_rights_are_those_of_today(
    renamed: tuple[AISystem, dt.datetime], stranger: User, client_of: Clients
) -> None:
    system, moment = renamed
    client = travel(client_of(stranger), moment)
    assert client.get("/systems/").context["listing"].rows == []
    for view in ("system", "system-yaml", "system-history", "system-compare"):
        assert client.get(reverse(f"registry:{view}", args=[system.slug])).status_code == 404


def test_signatures_and_assessment_are_those_of_then(
    make_system: Callable[..., AISystem], staff: dict[str, User], lead: User, client_of: Clients
) -> None:
    system = make_system(data_sensitivity="pii", risk_tier="high")
    submitted = submit_assessment(system, staff["owner"])
    before = timezone.now()
    approve_assessment(submitted, staff)
    after = timezone.now()
    client, url = client_of(lead), f"/assessments/{submitted.ref}/"
    page = travel(client, before).get(url)
    assert page.context["assessment"].state == "submitted"
    assert list(page.context["signoffs"]) == []
    assert "impact_assessment_id" not in client.get(f"/systems/{system.slug}/record.yaml").content.decode()
    page = travel(client, after).get(url)
    assert page.context["assessment"].state == "approved"
    assert page.context["signoffs"]
    assert submitted.ref in client.get(f"/systems/{system.slug}/record.yaml").content.decode()
    assert [row["assessment"].state for row in client.get("/assessments/").context["listing"].rows] == [
        "approved"
    ]
    assert client.get(f"/assessments/{submitted.ref}.md").status_code == 200


def test_a_system_that_is_no_more_is_shown_to_whoever_sees_all(
    make_system: Callable[..., AISystem], auditor: User, owner: User, client_of: Clients
) -> None:
    system = make_system(slug="gone", name="Gone")
    moment = timezone.now()
    AISystem.objects.get(pk=system.pk).delete()
    assert b"Gone" in travel(client_of(auditor), moment).get("/systems/gone/").content
    assert travel(client_of(owner), moment).get("/systems/gone/").status_code == 404
    assert client_of(auditor).get("/systems/gone/").status_code == 404


# --- Two moments -------------------------------------------------------------------------------------------


def test_two_moments_are_compared_field_by_field(
    renamed: tuple[AISystem, dt.datetime], lead: User, client_of: Clients
) -> None:
    system, moment = renamed
    url, client = reverse("registry:system-compare", args=[system.slug]), client_of(lead)
    page = client.get(url, {"from": moment.isoformat()})
    assert [(row["path"], row["before"], row["after"]) for row in page.context["differences"]] == [
        ("name", "Old name", "New name")
    ]
    assert re.search("<del>Old</del>.*<ins>New</ins>", page.content.decode(), re.S)
    same = client.get(url, {"from": moment.isoformat(), "to": moment.isoformat()})
    assert same.context["differences"] == []


@pytest.mark.parametrize("params", [{"from": "x"}, {"to": "2999-01-01"}])
def test_moments_that_are_none_are_not_compared(
    renamed: tuple[AISystem, dt.datetime], lead: User, client_of: Clients, params: dict[str, str]
) -> None:
    url = reverse("registry:system-compare", args=[renamed[0].slug])
    assert client_of(lead).get(url, params).status_code == 400


def test_in_the_past_nothing_later_is_compared(
    renamed: tuple[AISystem, dt.datetime], lead: User, client_of: Clients
) -> None:
    system, moment = renamed
    client = travel(client_of(lead), moment)
    url = reverse("registry:system-compare", args=[system.slug])
    assert client.get(url, {"to": timezone.now().isoformat()}).status_code == 400
    assert client.get(url).context["differences"] == []


def test_an_assessment_is_compared_word_by_word(
    make_system: Callable[..., AISystem], owner: User, lead: User, client_of: Clients
) -> None:
    submitted = submit_assessment(make_system(), owner)
    page = client_of(lead).get(reverse("assessments:compare", args=[submitted.ref]))
    assert "context.purpose" in {row["path"] for row in page.context["differences"]}


# --- Speed -------------------------------------------------------------------------------------------------


def test_a_page_of_the_past_needs_few_queries_however_much_there_is(
    make_system: Callable[..., AISystem], owner: User, lead: User, client_of: Clients
) -> None:
    client = client_of(lead)

    def numbers() -> list[int]:
        travel(client, timezone.now())
        found = []
        for url in ("/systems/", "/assessments/", "/systems/first/", f"/assessments/{first.ref}/"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(url).status_code == 200
            found.append(len([q for q in queries if "SAVEPOINT" not in q["sql"]]))
        return found

    first = submit_assessment(make_system(slug="first"), owner)
    few = numbers()
    for number in range(5):
        submit_assessment(make_system(slug=f"more-{number}"), owner)
    assert numbers() == few
    assert max(few) <= 12
