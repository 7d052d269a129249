"""The pages of the catalogue."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aims.accounts.models import User
from aims.controls.models import Control

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def catalogue() -> None:
    call_command("load_catalogue", verbosity=0)


def shown(client: Client, words: str = "") -> list[str]:
    areas = client.get("/controls/", {"q": words}).context["areas"]
    return [control.ref for area in areas for control in area["controls"]]


def test_list_shows_every_control_by_area(client_of: ClientOf, auditor: User, catalogue: None) -> None:
    response = client_of(auditor).get("/controls/")
    assert len(response.context["areas"]) == 9
    assert len(shown(client_of(auditor))) == 38
    assert "A.10.4" in response.content.decode()


@pytest.mark.parametrize(
    ("words", "found"), [("A.6.2.5", ["A.6.2.5"]), ("receipts read", ["A.2.2"]), ("zebra", [])]
)
def test_search_finds_by_number_and_words(
    client_of: ClientOf, auditor: User, catalogue: None, words: str, found: list[str]
) -> None:
    assert shown(client_of(auditor), words) == found


def test_search_without_a_match_says_what_to_do(client_of: ClientOf, auditor: User, catalogue: None) -> None:
    assert "Try fewer words" in client_of(auditor).get("/controls/", {"q": "zebra"}).content.decode()


def test_empty_catalogue_says_what_to_do(client_of: ClientOf, auditor: User) -> None:
    assert "load_catalogue" in client_of(auditor).get("/controls/").content.decode()


def test_control_shows_evidence_clauses_and_crosswalks(
    client_of: ClientOf, auditor: User, catalogue: None
) -> None:
    text = client_of(auditor).get("/controls/A.4.2/").content.decode()
    for part in ("What serves as evidence", "Art. 11", "GOVERN 1.6", "A.5.9", "4.3"):
        assert part in text


def test_control_links_to_the_rules_that_speak_for_it(
    client_of: ClientOf, auditor: User, catalogue: None
) -> None:
    response = client_of(auditor).get("/controls/A.6.2.5/")
    rule = response.context["rules"][0]
    path = rule.file.partition("/")[2]
    assert f'href="/policies/{path}#L{rule.line}"' in response.content.decode()


def test_unknown_control_is_404(client_of: ClientOf, auditor: User, catalogue: None) -> None:
    assert client_of(auditor).get("/controls/A.99.9/").status_code == 404


@pytest.mark.parametrize("address", ["/controls/", "/controls/A.2.2/"])
def test_person_without_a_role_may_not(
    client_of: ClientOf, outsider: User, catalogue: None, address: str
) -> None:
    assert client_of(outsider).get(address).status_code == 403


def test_anonymous_is_sent_to_log_in(client: Client, catalogue: None) -> None:
    assert "/accounts/login/" in client.get("/controls/").url


@pytest.mark.parametrize("address", ["/controls/", "/controls/A.2.2/"])
def test_reading_takes_few_queries(client_of: ClientOf, auditor: User, catalogue: None, address: str) -> None:
    client = client_of(auditor)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert sum("controls_" in entry["sql"] for entry in queries) <= 2


def test_admin_shows_controls_for_reading_only(client_of: ClientOf, admin: User, catalogue: None) -> None:
    client = client_of(admin)
    control = Control.objects.get(ref="A.2.2")
    assert client.get("/admin/controls/control/").status_code == 200
    assert client.get(f"/admin/controls/control/{control.pk}/change/").status_code == 200
    assert client.get("/admin/controls/control/add/").status_code == 403
    assert client.post(f"/admin/controls/control/{control.pk}/change/", {"title": "x"}).status_code == 403
