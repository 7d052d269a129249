"""By what the list of systems can be narrowed, through its address."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import Team, User
from registry.filters import FILTERS
from registry.models import AISystem, GateSnapshot
from registry.services import system_move, system_update
from tests import factories
from tests.lifecycle import Staff, approve_assessment, sign, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def names(client_of: ClientOf, lead: User) -> Callable[..., list[str]]:
    """The names that the compliance lead is shown."""

    def shown(by: User = lead, **params: str) -> list[str]:
        page = client_of(by).get(reverse("registry:systems"), params)
        return [row.system.name for row in page.context["listing"].rows]

    return shown


@pytest.fixture
def assessed(make_system: Callable[..., AISystem], owner: User, staff: Staff) -> AISystem:
    system = make_system(name="Assessed", data_sensitivity="pii", risk_tier="high")
    approve_assessment(submit_assessment(system, owner), staff)
    return system


def test_all_but_retired(
    names: Callable[..., list[str]], make_system: Callable[..., AISystem], owner: User
) -> None:
    make_system(name="Alive")
    system_move(make_system(name="Retired"), "retire", by=owner, reason="Replaced.")
    assert names(stage="active") == ["Alive"]
    assert names(stage="retired") == ["Retired"]


@pytest.mark.parametrize("tier", ["risk_tier", "data_sensitivity", "eu_ai_act_tier"])
def test_what_the_record_does_not_state(
    names: Callable[..., list[str]], make_system: Callable[..., AISystem], tier: str
) -> None:
    make_system(name="Stated")
    make_system(name="Silent", **{tier: None})
    assert names(**{tier: "unstated"}) == ["Silent"]


def test_blocked_by_a_rule(names: Callable[..., list[str]], make_system: Callable[..., AISystem]) -> None:
    make_system(name="Plain")
    make_system(name="Personal", data_sensitivity="pii")
    assert names(blocked_by="pii-needs-assessment") == ["Personal"]
    assert names(blocked_by="signature:cto") == ["Personal", "Plain"]


def test_waits_for_a_signature(
    names: Callable[..., list[str]], assessed: AISystem, make_system: Callable[..., AISystem], dpo: User
) -> None:
    make_system(name="Draft", data_sensitivity="pii")
    assert names(awaits="dpo") == ["Assessed"]
    sign("system", assessed.slug, "dpo", dpo)
    assert names(awaits="dpo") == []
    assert names(awaits="cto") == ["Assessed"]


def test_stale_signature(
    names: Callable[..., list[str]], production_system: AISystem, owner: User, record_of: Any
) -> None:
    assert names(stale="dpo") == []
    system_update(
        production_system,
        record_of(production_system, classification={"data_sensitivity": "special_category"}),
        team=production_system.team,
        by=owner,
        revision=production_system.revision,
        reason="Health data turned up.",
    )
    assert names(stale="dpo") == [production_system.name]


@pytest.mark.parametrize(
    ("days", "overdue", "due"),
    [(-1, True, False), (0, False, True), (90, False, True), (91, False, False)],
)
def test_reviews(
    names: Callable[..., list[str]], make_system: Callable[..., AISystem], days: int, overdue: bool, due: bool
) -> None:
    make_system(name="Never assessed")
    system = make_system(name="Reviewed")
    day = timezone.localdate() + dt.timedelta(days=days)
    GateSnapshot.objects.filter(pk=system.pk).update(review_due=day)
    assert names(review="overdue") == ["Reviewed"] * overdue
    assert names(review="due") == ["Reviewed"] * due


def test_residual_risk(
    names: Callable[..., list[str]], assessed: AISystem, make_system: Callable[..., AISystem]
) -> None:
    make_system(name="Never assessed")
    assert names(residual="low") == ["Assessed"]
    assert names(residual="high") == []


def test_owner(
    names: Callable[..., list[str]], make_system: Callable[..., AISystem], owner: User, team: Team
) -> None:
    make_system(name="Ours")
    factories.make_system(name="Theirs")
    factories.make_system(name="Orphan")
    orphans = AISystem.objects.get(name="Orphan").team
    Team.objects.filter(pk=orphans.pk).update(is_active=False)
    left = AISystem.objects.get(name="Theirs").team
    assert names(owner="~nobody") == ["Orphan"]
    User.objects.filter(memberships__team=left).update(is_active=False)
    assert names(owner="~nobody") == ["Orphan", "Theirs"]
    assert names(owner, owner="~mine") == ["Ours"]
    assert names(owner=team.slug) == ["Ours"]


@pytest.mark.parametrize("name", [entry.name for entry in FILTERS])
def test_an_unknown_value_narrows_nothing(
    names: Callable[..., list[str]], make_system: Callable[..., AISystem], name: str
) -> None:
    make_system(name="Any")
    assert names(**{name: "zebra' OR 1=1"}) == ["Any"]


@pytest.mark.parametrize("name", [entry.name for entry in FILTERS if entry.more])
def test_a_filter_of_the_second_row_unfolds_it(client_of: ClientOf, lead: User, name: str) -> None:
    url = reverse("registry:systems")
    entry = next(entry for entry in FILTERS if entry.name == name)
    value, _label = next(iter(entry.options(lead)))
    client = client_of(lead)
    assert '<details class="more-filters" open>' in client.get(url, {name: value}).content.decode()
    assert '<details class="more-filters">' in client.get(url).content.decode()


def test_filters_show_nothing_beyond_a_persons_rights(
    names: Callable[..., list[str]], assessed: AISystem, stranger: User, lead: User
) -> None:
    for entry in FILTERS:
        for value, _label in entry.options(lead):
            assert names(stranger, **{entry.name: value}) == []
