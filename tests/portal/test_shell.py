"""The frame of every page, the start page, and what the portal says of itself to machines."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from aims.accounts.models import User

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]

SEEING = ["My work", "Overview", "Systems", "Assessments", "Policies", "Controls"]
EVERYTHING = [
    "My work",
    "Overview",
    "Systems",
    "Assessments",
    "Import",
    "Policies",
    "Controls",
    "Administration",
    "Help",
]


def navigation(client: Client) -> list[str]:
    return [str(entry.label) for entry in client.get("/work/").context["nav"]]


@pytest.mark.parametrize(
    ("persona", "labels"),
    [
        ("owner", EVERYTHING),
        (
            "lead",
            [
                *EVERYTHING[:5],
                "Gap checklist",
                "Ledger",
                *EVERYTHING[5:-2],
                "Teams",
                "Jobs",
                *EVERYTHING[-2:],
            ],
        ),
        ("dpo", [*SEEING[:4], "Gap checklist", "Ledger", *SEEING[4:], "Help"]),
        (
            "auditor",
            [
                *SEEING[:4],
                "Gap checklist",
                "Ledger",
                *SEEING[4:],
                "People",
                "Teams",
                "Jobs",
                "Administration",
                "Help",
            ],
        ),
        ("external_auditor", ["My work", "Overview", "Policies", "Controls", "Help"]),
        ("outsider", ["My work", "Overview", "Help"]),
    ],
)
def test_navigation_shows_what_the_person_may_open(
    request: pytest.FixtureRequest, client_of: ClientOf, persona: str, labels: list[str]
) -> None:
    assert navigation(client_of(request.getfixturevalue(persona))) == labels


@pytest.mark.parametrize(
    "persona", ["owner", "dpo", "lead", "auditor", "external_auditor", "oncall", "admin", "outsider"]
)
def test_every_entry_of_the_navigation_opens(
    request: pytest.FixtureRequest, client_of: ClientOf, persona: str
) -> None:
    client = client_of(request.getfixturevalue(persona))
    for entry in client.get("/work/").context["nav"]:
        assert client.get(entry.url).status_code == 200, entry.url


def test_entry_of_the_page_is_current(client_of: ClientOf, owner: User) -> None:
    nav = client_of(owner).get("/policies/").context["nav"]
    assert [str(entry.label) for entry in nav if entry.current] == ["Policies"]


def test_shell_names_person_and_roles(client_of: ClientOf, dpo: User) -> None:
    text = client_of(dpo).get("/work/").content.decode()
    assert dpo.name in text
    assert "Data protection officer" in text


def test_only_the_start_page_marks_the_overview(client_of: ClientOf, dpo: User) -> None:
    for url, label in (("/", "Overview"), ("/work/", "My work")):
        nav = client_of(dpo).get(url).context["nav"]
        assert [str(entry.label) for entry in nav if entry.current] == [label]


def test_start_page_leads_a_stranger_to_the_login(client: Client, db: None) -> None:
    assert client.get("/").url == "/accounts/login/?next=/"


def test_start_page_of_an_empty_portal_leads_to_the_welcome(client: Client, db: None, settings: Any) -> None:
    settings.AIMS_WELCOME = True
    assert client.get("/").url == "/welcome/"


def test_start_page_of_a_portal_with_people_welcomes_nobody(client: Client, dpo: User, settings: Any) -> None:
    settings.AIMS_WELCOME = True
    assert client.get("/").url == "/accounts/login/?next=/"


def test_unknown_address_says_what_to_do(client_of: ClientOf, dpo: User) -> None:
    response = client_of(dpo).get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


# --- Health -----------------------------------------------------------------------------------------------


def test_health_is_public_and_kept_nowhere(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert "no-store" in response["Cache-Control"]


def test_health_fails_when_the_database_does_not_answer(client: Client) -> None:
    def broken(*_args: Any) -> None:
        raise DatabaseError("down")

    with connection.execute_wrapper(broken):
        response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (503, "failed")
    assert "down" not in response.content.decode()


# --- Schema -----------------------------------------------------------------------------------------------


def test_schema_is_public_and_a_schema(client: Client) -> None:
    response = client.get("/schemas/ai-system.json")
    assert response["Content-Type"] == "application/schema+json"
    assert json.loads(response.content)["$schema"].startswith("https://json-schema.org/draft/2020-12")


def test_schema_is_not_sent_twice(client: Client) -> None:
    etag = client.get("/schemas/ai-system.json")["ETag"]
    assert client.get("/schemas/ai-system.json", headers={"If-None-Match": etag}).status_code == 304


# --- Policies ---------------------------------------------------------------------------------------------


def test_policies_are_listed_with_title_control_and_source(client_of: ClientOf, auditor: User) -> None:
    response = client_of(auditor).get("/policies/")
    text = response.content.decode()
    rules = [rule for _package, rules in response.context["packages"] for rule in rules]
    assert {"pii-needs-assessment", "high-risk-needs-dpo"} <= {rule.id for rule in rules}
    assert response.context["revision"] in text
    assert all(f"{rule.file}:{rule.line}" in text for rule in rules)


def test_source_has_numbered_lines_to_jump_to(client_of: ClientOf, auditor: User) -> None:
    client = client_of(auditor)
    packages = client.get("/policies/").context["packages"]
    rule = packages[0][1][0]
    response = client.get(f"/policies/{rule.file.partition('/')[2]}")
    assert response.status_code == 200
    assert response.context["lines"][rule.line - 1].startswith("deny contains")
    assert f'id="L{rule.line}"' in response.content.decode()


def test_every_policy_file_can_be_read(client_of: ClientOf, auditor: User) -> None:
    client = client_of(auditor)
    for name in client.get("/policies/").context["other_files"]:
        assert client.get(f"/policies/{name.partition('/')[2]}").status_code == 200


@pytest.mark.parametrize(
    "path", ["ai/nothing.rego", "../aims/settings.rego", "ai/model_registry.rego/x.rego", "ai/signoffs.txt"]
)
def test_nothing_but_policies_can_be_read(client_of: ClientOf, auditor: User, path: str) -> None:
    assert client_of(auditor).get(f"/policies/{path}").status_code == 404


def test_policies_need_the_right(client_of: ClientOf, client: Client, outsider: User) -> None:
    assert client_of(outsider).get("/policies/").status_code == 403
    assert client_of(outsider).get("/policies/ai/signoffs.rego").status_code == 403
    assert "/accounts/login/" in client.get("/policies/").url


def test_broken_policies_are_told_not_hidden(
    client_of: ClientOf, auditor: User, settings: Any, tmp_path: Any
) -> None:
    (tmp_path / "broken.rego").write_text("package ai.model_registry\n\ndeny contains msg if {\n")
    settings.AIMS_POLICIES = tmp_path
    response = client_of(auditor).get("/policies/")
    assert response.status_code == 503
    assert "broken.rego" in response.content.decode()
