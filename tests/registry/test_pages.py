"""Pages of the registry: lists, one system, forms, history."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aims.accounts.models import User
from registry import documents
from registry.models import AISystem
from registry.services import system_update
from tests.lifecycle import approve_assessment, submit_assessment

pytestmark = pytest.mark.django_db


def names(page: Any) -> list[str]:
    return [row.system.name for row in page.context["listing"].rows]


def test_the_list_filters_searches_and_sorts_by_the_address(
    make_system: Callable[..., AISystem], lead: User, client_of: Callable[[User], Client]
) -> None:
    make_system(name="Alpha", risk_tier="low", purpose="claims")
    make_system(name="Beta", risk_tier="critical", purpose="claims")
    make_system(name="Gamma", risk_tier="high", data_sensitivity="pii", purpose="hiring")
    client, url = client_of(lead), reverse("registry:systems")
    assert names(client.get(url)) == ["Alpha", "Beta", "Gamma"]
    assert names(client.get(url, {"sort": "-name"})) == ["Gamma", "Beta", "Alpha"]
    assert names(client.get(url, {"sort": "-risk"})) == ["Beta", "Gamma", "Alpha"]
    assert names(client.get(url, {"risk_tier": "high"})) == ["Gamma"]
    assert names(client.get(url, {"q": "claims beta"})) == ["Beta"]
    assert names(client.get(url, {"data_sensitivity": "pii", "q": "gam"})) == ["Gamma"]
    assert names(client.get(url, {"risk_tier": "nonsense", "sort": "drop table", "page": "x"})) == [
        "Alpha",
        "Beta",
        "Gamma",
    ]


def test_a_stranger_sees_neither_the_list_entry_nor_the_page(
    make_system: Callable[..., AISystem], stranger: User, client_of: Callable[[User], Client]
) -> None:
    system = make_system(name="Not yours")
    client = client_of(stranger)
    assert names(client.get(reverse("registry:systems"))) == []
    for view in ("system", "system-edit", "system-yaml", "system-history", "system-promotion"):
        assert client.get(reverse(f"registry:{view}", args=[system.slug])).status_code == 404


def test_the_filter_finds_what_is_out_of_compliance(
    production_system: AISystem,
    make_system: Callable[..., AISystem],
    owner: User,
    lead: User,
    client_of: Callable[[User], Client],
    record_of: Any,
) -> None:

    client, url = client_of(lead), reverse("registry:systems")
    make_system()
    assert names(client.get(url, {"compliance": "out"})) == []
    system_update(
        production_system,
        record_of(production_system, classification={"data_sensitivity": "special_category"}),
        team=production_system.team,
        by=owner,
        revision=production_system.revision,
        reason="Health data turned up",
    )
    assert names(client.get(url, {"compliance": "out"})) == [production_system.name]


def test_the_yaml_of_a_system_is_its_record(
    make_system: Callable[..., AISystem], owner: User, client_of: Callable[[User], Client]
) -> None:
    system = make_system(regions=["eu-west-1"])
    answer = client_of(owner).get(reverse("registry:system-yaml", args=[system.slug]))
    assert yaml.safe_load(answer.content) == documents.record_of(system)


def test_the_form_registers_a_system_and_shows_what_is_wrong(
    team: Any, owner: User, client_of: Callable[[User], Client]
) -> None:
    url = reverse("registry:system-new")
    management = {
        f"{part}-{key}": value
        for part in ("training", "rag")
        for key, value in {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0}.items()
    }
    data = management | {
        "slug": "Not A Slug",
        "name": "Helper",
        "team": team.pk,
        "environment": "development",
        "data_sensitivity": "internal",
        "risk_tier": "low",
        "eu_ai_act_tier": "minimal",
        "review_interval_days": 365,
    }
    refused = client_of(owner).post(url, data)
    assert refused.status_code == 422
    assert "slug" in refused.context["form"].errors
    assert b"Helper" in refused.content
    accepted = client_of(owner).post(
        url, data | {"slug": "helper", "rag-0-name": "kb", "rag-0-location": "s3://kb/", "rag-0-pii": "false"}
    )
    assert accepted.status_code == 302
    (source,) = AISystem.objects.get(slug="helper").rag_sources
    assert (source["name"], source["pii"]) == ("kb", False)


def test_two_people_editing_see_both_versions(
    make_system: Callable[..., AISystem], owner: User, deputy: User, client_of: Any, form_data: Any
) -> None:
    system = make_system(name="Before")
    url = reverse("registry:system-edit", args=[system.slug])
    opened_by_both = form_data(system)
    assert client_of(deputy).post(url, opened_by_both | {"name": "Theirs"}).status_code == 302
    conflict = client_of(owner).post(url, opened_by_both | {"name": "Mine"})
    assert conflict.status_code == 409
    assert "Theirs" in conflict.content.decode()
    assert "Mine" in conflict.content.decode()
    again = opened_by_both | {"name": "Mine", "revision": conflict.context["form"]["revision"].value()}
    assert client_of(owner).post(url, again).status_code == 302
    system.refresh_from_db()
    assert system.name == "Mine"


def test_the_history_shows_who_changed_what_and_why(
    make_system: Callable[..., AISystem], owner: User, client_of: Any, form_data: Any
) -> None:
    system = make_system(name="Before")
    edit = reverse("registry:system-edit", args=[system.slug])
    client_of(owner).post(edit, form_data(system) | {"name": "After", "reason": "Renamed by marketing"})
    text = client_of(owner).get(reverse("registry:system-history", args=[system.slug])).content.decode()
    for words in ("Before", "After", "Renamed by marketing", owner.name):
        assert words in text


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["lead", "owner", "dpo"])
@pytest.mark.parametrize("page", ["registry:systems", "work", "assessments:assessments"])
def test_the_queries_of_a_list_do_not_grow_with_it(
    page: str,
    who: str,
    make_system: Callable[..., AISystem],
    staff: Any,
    client_of: Any,
) -> None:

    client, url = client_of(staff[who]), reverse(page)
    approve_assessment(submit_assessment(make_system(), staff["owner"]), staff)
    few = queries(client, url)
    for _ in range(5):
        approve_assessment(submit_assessment(make_system(), staff["owner"]), staff)
    assert queries(client, url) == few


def test_the_queries_of_a_system_do_not_grow_with_its_history(
    production_system: AISystem, owner: User, client_of: Any, record_of: Any
) -> None:

    client, url = client_of(owner), reverse("registry:system", args=[production_system.slug])
    before = queries(client, url)
    system = production_system
    for number in range(12):
        system = system_update(
            system,
            record_of(system, name=f"Name {number}"),
            team=system.team,
            by=owner,
            revision=system.revision,
        )
    assert queries(client, url) <= before
