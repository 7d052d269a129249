"""The overview: each person their own, and every number the length of the list that it links to."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.portal.dashboard import ARRANGEMENTS, Dashboard, arrangement_of
from registry.models import AISystem, GateSnapshot
from registry.services import system_move
from tests import factories
from tests.addresses import PERSONAS
from tests.browser.pages import Scene, make_scene

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
NAMES = [who.name for who in PERSONAS]


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """A company with systems in every state. Made once: no test that uses it leaves a trace."""
    with django_db_blocker.unblock(), transaction.atomic():
        scene = make_scene()
        today = timezone.localdate()
        GateSnapshot.objects.filter(pk=scene.running.pk).update(review_due=today - dt.timedelta(days=3))
        GateSnapshot.objects.filter(pk=scene.drifted.pk).update(review_due=today + dt.timedelta(days=30))
        elsewhere = scene.world.people["stranger"]
        factories.make_system(elsewhere.leads.get(), slug="elsewhere", risk_tier="critical")
        system_move(
            factories.make_system(slug="gone"), "retire", by=scene.world.people["lead"], reason="Old."
        )
        yield scene
        transaction.set_rollback(True)


def shown(client: Client) -> Dashboard:
    answer = client.get("/")
    assert answer.status_code == 200
    dashboard: Dashboard = answer.context["dashboard"]
    return dashboard


def cards(dashboard: Dashboard) -> dict[str, dict[str, Any]]:
    return {card["name"]: card for card in [*dashboard.main, *dashboard.side]}


def figures(dashboard: Dashboard) -> dict[str, int]:
    return {str(figure["label"]): figure["value"] for figure in dashboard.figures}


def numbers(dashboard: Dashboard) -> Iterator[tuple[str, int]]:
    """Every number with the address that it links to."""
    for figure in dashboard.figures:
        yield figure["url"], figure["value"]
    for card in cards(dashboard).values():
        if card.get("chart"):
            yield from ((bar.url, bar.value) for bar in card["chart"].bars)
        for row in card.get("rows", ()):
            yield from ((cell["url"], cell["count"]) for cell in row.get("cells", ()))
            yield from (
                (row[f"{part}_url"], row[part])
                for part in ("systems", "assessments")
                if row.get(f"{part}_url")
            )
            if "holders" in row:
                yield row["url"], row["holders"]
        yield from ((link["url"], link["value"]) for link in card.get("links", ()) if "value" in link)
        yield from (
            (card[f"{part}_url"], card[part]) for part in ("overdue", "due", "without_owner") if part in card
        )
        if "total" in card:
            yield card["url"], card["total"]


def length(client: Client, url: str) -> int:
    """Of the list at an address."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    if "cl" in answer.context:
        return int(answer.context["cl"].result_count)
    return int(answer.context["page"].paginator.count)


# --- Numbers and lists -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_the_length_of_its_list(scene: Scene, client_of: ClientOf, name: str) -> None:
    client = client_of(scene.world.people[name])
    found = list(numbers(shown(client)))
    wrong = {url: number for url, number in found if length(client, url) != number}
    assert wrong == {}


def test_the_comparison_sees_every_kind_of_number(scene: Scene, client_of: ClientOf) -> None:
    """A company in which everything is zero would prove nothing."""
    found = dict(numbers(shown(client_of(scene.world.people["lead"]))))
    for url in (
        "/systems/",
        "/systems/?stage=production",
        "/systems/?stage=retired",
        "/systems/?compliance=out",
        "/systems/?review=overdue",
        "/systems/?review=due",
        "/systems/?risk_tier=high&stage=active",
        "/systems/?eu_ai_act_tier=minimal&stage=active",
        "/systems/?awaits=dpo",
        "/assessments/?awaits=dpo",
        "/assessments/?awaits=owner",
    ):
        assert found[url] > 0, url
    assert any(url.startswith("/systems/?blocked_by=") for url in found)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_the_page_opens(scene: Scene, client_of: ClientOf, name: str) -> None:
    client = client_of(scene.world.people[name])
    text = client.get("/").content.decode()
    main = text[text.index("<main") : text.index("</main>")]
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)"', main)}
    assert {link for link in links if client.get(link).status_code != 200 and "static" not in link} == set()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_counted_that_the_person_may_not_see(scene: Scene, client_of: ClientOf, name: str) -> None:
    person = scene.world.people[name]
    visible = AISystem.objects.visible_to(person)
    dashboard = shown(client_of(person))
    assert figures(dashboard).get("Systems", visible.count()) == visible.count()
    stages = cards(dashboard).get("stages", {}).get("chart")
    assert sum(bar.value for bar in stages.bars) == visible.count() if stages else True


@pytest.mark.parametrize("name", ["stranger", "outsider", "external_auditor"])
def test_names_of_systems_that_are_not_theirs_do_not_show(
    scene: Scene, client_of: ClientOf, name: str
) -> None:
    person = scene.world.people[name]
    text = client_of(person).get("/").content.decode()
    hidden = AISystem.objects.exclude(pk__in=AISystem.objects.visible_to(person))
    assert hidden.count() > 3
    assert [system.name for system in hidden if system.name in text] == []


# --- Who sees what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "also"),
    [
        ("lead", "compliance", {"causes", "queue", "reviews", "stages", "risks", "ai_act", "decisions"}),
        ("dpo", "waiting", {"data_and_risk", "residual", "causes"}),
        ("cto", "compliance", {"causes", "stages", "decisions"}),
        ("security", "waiting", {"data_and_risk"}),
        ("owner", "own", {"reviews", "stages"}),
        ("auditor", "compliance", {"evidence", "decisions"}),
        ("oncall", "live", {"compliance"}),
        ("admin", "people", {"stages"}),
        ("external_auditor", "opened", {"evidence"}),
        ("outsider", "opened", set()),
    ],
)
def test_each_role_has_its_own_overview(
    scene: Scene, client_of: ClientOf, name: str, first: str, also: set[str]
) -> None:
    dashboard = shown(client_of(scene.world.people[name]))
    assert dashboard.main[0]["name"] == first
    assert also <= cards(dashboard).keys()


def test_every_role_has_an_arrangement() -> None:
    assert set(ARRANGEMENTS) == set(Role)


def test_several_roles_get_the_cards_of_all_once() -> None:
    both = arrangement_of({Role.OWNER, Role.DPO})
    assert both.main[0] == "waiting"
    assert "own" in both.main
    shown = [*both.main, *both.side]
    assert len(shown) == len(set(shown))
    assert set(ARRANGEMENTS[Role.OWNER].figures) <= set(both.figures)


def test_single_systems_are_for_those_who_see_no_more() -> None:
    assert "opened" not in arrangement_of({Role.EXTERNAL_AUDITOR, Role.OWNER}).main


# --- What stands on the cards ------------------------------------------------------------------------------


def test_out_of_compliance_says_what_broke(scene: Scene, client_of: ClientOf) -> None:
    (row,) = cards(shown(client_of(scene.world.people["cto"])))["compliance"]["rows"]
    assert row["system"] == scene.drifted
    assert row["cause"]
    assert row["more"] == GateSnapshot.objects.get(pk=scene.drifted.pk).blockers - 1


def test_last_decisions_are_of_people_and_of_the_gate(scene: Scene, client_of: ClientOf) -> None:
    events = cards(shown(client_of(scene.world.people["lead"])))["decisions"]["events"]
    titles = " ".join(event["title"] for event in events)
    assert "the gate opened" in titles
    assert "Approved" in titles
    assert [event["at"] for event in events] == sorted((event["at"] for event in events), reverse=True)


def test_charts_have_a_table_of_the_same_numbers(scene: Scene, client_of: ClientOf) -> None:
    answer = client_of(scene.world.people["lead"]).get("/")
    text = answer.content.decode()
    charts = [card["chart"] for card in cards(answer.context["dashboard"]).values() if card.get("chart")]
    charts += [card["picture"] for card in cards(answer.context["dashboard"]).values() if card.get("picture")]
    assert len(charts) == 5
    assert text.count('<details class="numbers">') == len(charts)


# --- Cost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lead", "dpo", "cto", "security", "owner", "auditor", "oncall", "admin"])
def test_queries_are_few(scene: Scene, client_of: ClientOf, name: str) -> None:
    client = client_of(scene.world.people[name])
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    assert len(captured) <= 12, "\n".join(query["sql"][:120] for query in captured)
