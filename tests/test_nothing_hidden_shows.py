"""Nothing a person may not see shows anywhere: search, counts, lists, filters, exports, overview, “My work”.

Each persona is compared with `visible_to`. Beside that, every system of the world carries words of its own
in all that hangs on it, and no answer may hold the words of a system that is hidden from the reader.
"""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import role_grant
from aims.portal import saved_views
from aims.signoffs.waiting import number_waiting
from assessments.models import Assessment
from registry.models import AISystem, Obligation, SystemException
from registry.obligation_list import due_now, scopes_of
from registry.obligation_services import assign, confirm
from registry.services import system_move
from tests import factories
from tests.lifecycle import complete_content, sign, submit_assessment
from tests.portal.test_dashboard import cards, figures, length, numbers, shown

pytestmark = pytest.mark.django_db

WORDS = ("amberjack", "bumblefish", "cuttlebone", "dragonet")
"""One for each system, in its name, id, team, people, contact, assessment, tasks and reasons."""

ROLES = [role.value for role in Role if role is not Role.OWNER]
PERSONAS = ["owner", "stranger", "outsider", *ROLES]
SEES = {"owner": 1, "stranger": 1, "outsider": 1, "external_auditor": 1}
"""How many systems; everybody else sees all."""


@dataclass
class World:
    people: dict[str, User]
    systems: dict[str, AISystem]

    def hidden_words(self, person: User) -> set[str]:
        seen = set(AISystem.objects.visible_to(person).values_list("slug", flat=True))
        return {word for word, system in self.systems.items() if system.slug not in seen}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once: no test leaves a trace."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _world()
        transaction.set_rollback(True)


def _world() -> World:
    people = {name: factories.make_user(f"{name} persona") for name in ("outsider", *ROLES)}
    for name in ROLES:
        role_grant(people[name], Role(name), by=None)
    systems = {word: _system(word, people) for word in WORDS}
    people["owner"], people["stranger"] = (systems[word].team.lead for word in WORDS[:2])
    for name, word in (("outsider", WORDS[2]), ("external_auditor", WORDS[0])):
        SystemException(
            user=people[name],
            content_object=systems[word],
            permission=Permission.objects.get(codename="view_aisystem", content_type__app_label="registry"),
            until=timezone.localdate() + dt.timedelta(days=9),
            reason="Helps out.",
        ).save()
    # Tasks that were given to somebody who does not see the system any more.
    for name, word in (("outsider", WORDS[0]), ("stranger", WORDS[2])):
        Obligation.objects.filter(system=systems[word], kind="log-policy").update(
            assignee=people[name], due=timezone.localdate()
        )
    saved_views.save(
        "registry:systems", QueryDict("sort=name"), name="All", role=Role.OWNER, by=people["lead"]
    )
    return World(people, systems)


def _system(word: str, people: dict[str, User]) -> AISystem:
    lead = factories.make_user(f"Lead {word}")
    helper = factories.make_user(f"Helper {word}")
    team = factories.make_team(f"team-{word}", name=f"Team {word}", lead=lead, members=(helper,))
    system = factories.make_system(
        team,
        slug=f"system-{word}",
        name=f"System {word}",
        contact=f"{word}@example.com",
        purpose=f"Purpose {word}",
        risk_tier="high",
        data_sensitivity="pii",
    )
    content = complete_content(
        context={
            "purpose": f"Context {word}",
            "intended_users": f"Users {word}",
            "foreseeable_misuse": "None known.",
            "environment": "Web",
            "data_flows": "In and out",
        }
    )
    assessment = submit_assessment(system, lead, content)
    if word in WORDS[:2]:
        sign("assessment", assessment.ref, Role.DPO, people["dpo"])
    system_move(system, "promote", by=lead)  # refused, and on record
    task = Obligation.objects.get(system=system, kind="monitoring")
    confirm(task, on=timezone.localdate(), in_place=False, note=f"Note {word}", by=lead)
    assign([task], to=helper, by=lead)
    return AISystem.objects.get(pk=system.pk)


# --- What an answer holds ----------------------------------------------------------------------


def csv_column(data: bytes, name: str) -> list[str]:
    return sorted(row[name] for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def xlsx_cells(data: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    return [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]


def body(client: Client, url: str) -> bytes:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PERSONAS)
def test_nothing_hidden_shows(world: World, name: str) -> None:
    person = world.people[name]
    client = Client()
    client.force_login(person, backend="aims.accounts.backends.RoleBackend")
    hidden = world.hidden_words(person)
    systems = sorted(AISystem.objects.visible_to(person).values_list("slug", flat=True))
    assessments = Assessment.objects.visible_to(person).newest()
    refs = sorted(assessments.values_list("ref", flat=True))
    visible_tasks = Obligation.objects.visible_to(person)
    assert len(systems) == SEES.get(name, len(WORDS))

    read: dict[str, str] = {}

    def text(url: str) -> str:
        read[url] = body(client, url).decode("utf-8", "replace")
        return read[url]

    # Search: as a page and as JSON, by name, id, team, person, purpose and reference. The query itself is
    # repeated by the page, so what counts there is where results lead.
    for word, system in world.systems.items():
        for query in (word, f"team-{word}", f"Lead {word}"):
            groups = client.get("/search/", {"q": query, "format": "json"}).json()["groups"]
            urls = {result["url"] for group in groups for result in group["results"]}
            if query == word:
                assert (system.get_absolute_url() in urls) == (word not in hidden)
            if word in hidden and not person.has_perm("accounts.view_user"):
                assert urls == set(), query
            page = client.get("/search/", {"q": query})
            assert (f'href="{system.get_absolute_url()}"' in page.content.decode()) <= (word not in hidden)
        found = client.get("/systems/", {"q": word}).context["page"].paginator.count
        assert found == (word not in hidden)
        assert client.get("/assessments/", {"q": word}).context["page"].paginator.count == (
            word not in hidden
        )
    for query in ("system", "IA-", "team", "persona"):
        text(f"/search/?q={query}&format=json")
        text(f"/search/?q={query}")

    # Overview, navigation.
    text("/")
    dashboard = shown(client)
    assert figures(dashboard).get("Systems", len(systems)) == len(systems)
    stages = cards(dashboard).get("stages", {}).get("chart")
    assert stages is None or sum(bar.value for bar in stages.bars) == len(systems)
    wrong = {url: number for url, number in numbers(dashboard) if length(client, url) != number}
    assert wrong == {}
    count = client.get("/account/").context["nav"][0].count
    assert count <= visible_tasks.count() + number_waiting(person) + len(refs)
    assert set(due_now(person).values_list("pk", flat=True)) <= set(
        visible_tasks.values_list("pk", flat=True)
    )

    # Lists, their filters and their files.
    for url, shown_column, expected in (("/systems/", "ID", systems), ("/assessments/", "Reference", refs)):
        text(url)
        assert client.get(url).context["page"].paginator.count == len(expected)
        assert csv_column(body(client, f"{url}?format=csv"), shown_column) == expected
        text(f"{url}?format=csv")
        header, *rows = xlsx_cells(body(client, f"{url}?format=xlsx"))
        assert sorted(row[header.index(shown_column)] for row in rows) == expected
        read[f"{url} xlsx"] = str(rows)
    archive = zipfile.ZipFile(io.BytesIO(body(client, "/systems/records.zip")))
    assert sorted(archive.namelist()) == [f"{slug}.yaml" for slug in systems]
    for entry in archive.namelist():
        read[f"zip {entry}"] = archive.read(entry).decode()
    for word in hidden:  # a filter does not tell what there is, either
        owner = client.get("/systems/", {"owner": f"team-{word}"})
        assert owner.context["page"].paginator.count == len(systems)
        # The page repeats the address that was asked for, so its options and the team's name are looked at.
        assert f"Team {word}" not in owner.content.decode()
        assert f'value="team-{word}"' not in owner.content.decode()

    # My work, in every scope and state, and its files.
    for scope in scopes_of(person):
        for state in ("open", "met", "waived"):
            url = f"/work/?scope={scope}&state={state}"
            text(url)
            rows_shown = {row.task.pk for row in client.get(url).context["work"].tasks.rows}
            assert rows_shown <= set(visible_tasks.values_list("pk", flat=True)), url
            text(f"{url}&format=csv")
            read[f"{url} xlsx"] = str(xlsx_cells(body(client, f"{url}&format=xlsx")))
    for word in hidden:  # the name of somebody behind a key that was guessed
        helper = User.objects.get(name=f"Helper {word}")
        if not person.has_perm("accounts.view_user"):
            text(f"/work/?assignee={helper.pk}")

    for word in hidden:
        assert [url for url, words in read.items() if word in words.lower()] == [], word
