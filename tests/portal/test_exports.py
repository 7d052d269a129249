"""Lists as files: the same rows as the page, by the same rights, and nothing that a spreadsheet would run."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aims.accounts.models import User
from assessments.models import Assessment
from registry.models import AISystem
from tests.addresses import PERSONAS, make_world
from tests.lifecycle import submit_assessment

pytestmark = pytest.mark.django_db

SYSTEMS, ASSESSMENTS = "/systems/", "/assessments/"


def content(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def rows(client: Client, url: str, **params: str) -> list[dict[str, str]]:
    text = content(client.get(url, {"format": "csv", **params})).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def column(found: list[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in found]


def archive(client: Client, **params: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content(client.get(reverse("registry:system-archive"), params))))


# --- Rights -------------------------------------------------------------------------------------------------


def test_an_export_holds_exactly_what_the_person_may_see() -> None:
    world, counts = make_world(), {}
    for who in PERSONAS:
        user, client = world.people[who.name], Client()
        client.force_login(user, backend="aims.accounts.backends.RoleBackend")
        systems = sorted(AISystem.objects.visible_to(user).values_list("slug", flat=True))
        counts[who.name] = len(systems)
        assert sorted(column(rows(client, SYSTEMS), "ID")) == systems, who.name
        assert archive(client).namelist() == [f"{slug}.yaml" for slug in systems], who.name
        assessments = Assessment.objects.visible_to(user).newest().values_list("ref", flat=True)
        assert sorted(column(rows(client, ASSESSMENTS), "Reference")) == sorted(assessments), who.name
    assert counts["lead"] > counts["owner"] > counts["external_auditor"] == 0


# --- The same list as the page ------------------------------------------------------------------------------


def test_filters_search_and_sort_are_those_of_the_page(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client]
) -> None:
    make_system(name="Alpha", risk_tier="low", purpose="claims")
    make_system(name="Beta", risk_tier="critical", purpose="claims")
    make_system(name="Gamma", risk_tier="high", purpose="hiring")
    client = client_of(lead)
    assert column(rows(client, SYSTEMS), "Name") == ["Alpha", "Beta", "Gamma"]
    assert column(rows(client, SYSTEMS, sort="-risk"), "Name") == ["Beta", "Gamma", "Alpha"]
    assert column(rows(client, SYSTEMS, q="claims", sort="-name"), "Name") == ["Beta", "Alpha"]
    assert column(rows(client, SYSTEMS, risk_tier="high"), "Name") == ["Gamma"]
    assert len(archive(client, risk_tier="high").namelist()) == 1


def test_pages_do_not_matter(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client], monkeypatch: Any
) -> None:
    monkeypatch.setattr("registry.listing.PAGE_SIZE", 2)
    for _number in range(5):
        make_system()
    assert len(rows(client_of(lead), SYSTEMS, page="2")) == 5


def test_assessments_are_filtered_by_state(
    make_system: Callable[..., AISystem], owner: User, client_of: Callable[[User], Client]
) -> None:
    submitted = submit_assessment(make_system(name="Waiting"), owner)
    client = client_of(owner)
    (row,) = rows(client, ASSESSMENTS, state="submitted")
    assert (row["Reference"], row["AI system"], row["State"]) == (submitted.ref, "Waiting", "Submitted")
    assert row["Residual risk"] == "Low"
    assert rows(client, ASSESSMENTS, state="approved") == []


def test_the_page_offers_its_files_with_its_filters(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client]
) -> None:
    make_system()
    page = client_of(lead).get(SYSTEMS, {"risk_tier": "low", "page": "1"}).content.decode()
    assert "?risk_tier=low&amp;format=xlsx" in page
    assert "?risk_tier=low&amp;format=csv" in page
    assert "/systems/records.zip?risk_tier=low" in page


@pytest.mark.parametrize("url", [SYSTEMS, ASSESSMENTS, "/controls/", "/policies/", "/teams/"])
def test_a_format_that_there_is_not_is_refused(
    url: str, lead: User, client_of: Callable[[User], Client]
) -> None:
    assert client_of(lead).get(url, {"format": "pdf"}).status_code == 400


# --- The files ----------------------------------------------------------------------------------------------


def test_the_name_of_the_file_says_what_and_when(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client]
) -> None:
    make_system()
    client = client_of(lead)
    names = {
        url: client.get(url)["Content-Disposition"]
        for url in ("/systems/?format=xlsx", "/assessments/?format=csv", "/systems/records.zip")
    }
    day = r"\d{4}-\d\d-\d\d"
    for url, name in zip(
        names, ["ai-systems-D.xlsx", "impact-assessments-D.csv", "records-D.zip"], strict=True
    ):
        pattern = f'attachment; filename="{name.replace("D", day)}"'
        assert re.fullmatch(pattern, names[url]), names[url]


def test_a_system_called_like_a_formula_is_a_text(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client]
) -> None:
    make_system(name='=HYPERLINK("https://evil.example/")', purpose="x;=1+1")
    client = client_of(lead)
    (row,) = rows(client, SYSTEMS)
    assert row["Name"].startswith("'=")
    assert row["Purpose"] == "x;'=1+1"
    book = openpyxl.load_workbook(io.BytesIO(content(client.get(SYSTEMS, {"format": "xlsx"}))))
    assert {cell.data_type for line in book.active for cell in line} <= {"s", "n", "b", "d"}  # no "f"


def test_days_and_numbers_are_days_and_numbers(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client], settings: Any
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    system = make_system(review_interval_days=90)
    AISystem.objects.filter(pk=system.pk).update(updated_at="2026-07-01T22:30:00Z")
    book = openpyxl.load_workbook(io.BytesIO(content(client_of(lead).get(SYSTEMS, {"format": "xlsx"}))))
    header, row = book.active.iter_rows(values_only=True)
    found = dict(zip(header, row, strict=True))
    assert found["Review interval, days"] == 90
    assert found["Version pinned"] is True
    assert str(found["Changed"]) == "2026-07-02 00:30:00"


def test_controls_and_policies_have_theirs(lead: User, client_of: Callable[[User], Client]) -> None:
    call_command("load_catalogue", verbosity=0)
    client = client_of(lead)
    controls = rows(client, "/controls/")
    assert len(controls) == 38
    assert (
        "high-risk-needs-dpo" in next(row for row in controls if row["Number"] == "A.6.2.5")["Policy rules"]
    )
    assert column(rows(client, "/controls/", q="A.6.2.5"), "Number") == ["A.6.2.5"]
    assert "pii-needs-assessment" in column(rows(client, "/policies/"), "Rule")


def test_the_zip_holds_the_bytes_of_the_page_and_of_the_command(
    production_system: AISystem,
    make_system: Callable[..., AISystem],
    lead: User,
    client_of: Callable[[User], Client],
    tmp_path: Any,
) -> None:
    other = make_system()
    client = client_of(lead)
    call_command("registry", "export", str(tmp_path), stderr=io.StringIO())
    found = archive(client)
    assert found.testzip() is None
    assert len(found.namelist()) == 2
    for system in (production_system, other):
        name = f"{system.slug}.yaml"
        page = client.get(reverse("registry:system-yaml", args=[system.slug])).content
        assert found.read(name) == page == (tmp_path / name).read_bytes()
    assert b"approved_by: [" in found.read(f"{production_system.slug}.yaml")


def test_the_same_records_make_the_same_zip(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client]
) -> None:
    for _number in range(3):
        make_system()
    client, url = client_of(lead), reverse("registry:system-archive")
    assert content(client.get(url)) == content(client.get(url, {"sort": "-changed"}))


@pytest.mark.parametrize("url", ["/systems/?format=csv", "/systems/?format=xlsx", "/assessments/?format=csv"])
def test_queries_do_not_grow_with_the_list(
    url: str,
    make_system: Callable[..., AISystem],
    owner: User,
    client_of: Callable[[User], Client],
) -> None:
    client = client_of(owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            content(client.get(url))
        return len(captured)

    submit_assessment(make_system(), owner)
    queries()  # the first visit looks for what the gate has to be asked about
    few = queries()
    for _number in range(5):
        submit_assessment(make_system(), owner)
    assert queries() == few <= 12


def test_queries_of_the_zip_grow_with_its_batches_only(
    make_system: Callable[..., AISystem],
    owner: User,
    client_of: Callable[[User], Client],
    monkeypatch: Any,
) -> None:
    client, url = client_of(owner), reverse("registry:system-archive")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            content(client.get(url))
        return len(captured)

    make_system()
    one = queries()
    for _number in range(5):
        make_system()
    assert queries() == one
    monkeypatch.setattr("registry.archive.BATCH", 2)
    assert queries() > one


# --- People and teams ---------------------------------------------------------------------------------------


def test_people_and_teams_go_into_a_file_as_they_are_filtered(
    team: Any, admin: User, dpo: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(admin)
    everybody = rows(client, "/people/")
    assert column(everybody, "E-mail address") == list(
        User.objects.order_by("name").values_list("email", flat=True)
    )
    (officer,) = rows(client, "/people/", role="dpo")
    assert officer["Name"] == dpo.name
    assert officer["Roles"] == "Data protection officer"
    assert officer["State"] == "Active"
    owners = rows(client, "/people/", team=team.slug)
    assert {person["Teams"] for person in owners} == {team.name}
    (only,) = rows(client, "/teams/")
    assert (only["Short name"], only["Lead"], only["Members"]) == (team.slug, team.lead.name, "2")


def test_people_are_no_file_for_those_who_may_not_see_them(
    dpo: User, client_of: Callable[[User], Client]
) -> None:
    assert client_of(dpo).get("/people/", {"format": "csv"}).status_code == 403
    assert client_of(dpo).get("/teams/", {"format": "csv"}).status_code == 403
