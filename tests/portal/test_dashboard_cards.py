"""Cards of the overview in a company that starts empty."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from assessments.models import Assessment
from registry import snapshots
from registry.models import AISystem, GateSnapshot
from tests.lifecycle import Staff, approve_assessment, put_in_production, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def cards(client: Client) -> dict[str, dict[str, Any]]:
    """Name -> card, as the person is shown it."""
    dashboard = client.get("/").context["dashboard"]
    return {card["name"]: card for card in [*dashboard.main, *dashboard.side]}


def test_somebody_without_anything_is_told_what_to_do(client_of: ClientOf, outsider: User) -> None:
    text = client_of(outsider).get("/").content.decode()
    assert "Nothing is open to you yet" in text
    assert "Ask an administrator" in text


def test_owner_without_systems_is_told_what_to_do(client_of: ClientOf, owner: User) -> None:
    assert "Your teams have no systems yet" in client_of(owner).get("/").content.decode()


def test_what_waits_longest_comes_first_with_its_days(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, staff: Staff, dpo: User
) -> None:
    old, new = make_system(name="Old", data_sensitivity="pii"), make_system(name="New")
    approve_assessment(submit_assessment(old, owner), staff)
    old.blocked_by.update(since=timezone.now() - dt.timedelta(days=40))
    submit_assessment(new, owner)
    rows = cards(client_of(dpo))["waiting"]["rows"]
    assert [(row["title"], row["age"]) for row in rows] == [("Old", "40 days"), ("New", "since today")]
    assert [client_of(dpo).get(row["url"]).status_code for row in rows] == [200, 200]


def test_the_queue_names_the_role_that_keeps_others_waiting(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, lead: User
) -> None:
    submitted = submit_assessment(make_system(), owner)
    Assessment.objects.filter(pk=submitted.pk).update(submitted_at=timezone.now() - dt.timedelta(days=9))
    first, *others = cards(client_of(lead))["queue"]["rows"]
    assert (first["role"], first["assessments"], first["age"]) == ("Data protection officer", 1, "9 days")
    assert {row["age"] for row in others} == {""}


def test_what_blocks_most_comes_first(
    client_of: ClientOf, make_system: Callable[..., AISystem], lead: User
) -> None:
    make_system()
    make_system(data_sensitivity="pii")
    chart = cards(client_of(lead))["causes"]["chart"]
    values = [bar.value for bar in chart.bars]
    assert values == sorted(values, reverse=True)
    assert values[0] == 2


def test_admin_is_told_of_a_role_that_nobody_holds(
    client_of: ClientOf, admin: User, dpo: User, make_system: Callable[..., AISystem]
) -> None:
    make_system()

    def missing() -> set[str]:
        return {row["role"] for row in cards(client_of(admin))["people"]["rows"] if row["missing"]}

    assert "Chief technology officer" in missing()
    assert "Data protection officer" not in missing()
    User.objects.filter(pk=dpo.pk).update(is_active=False)
    assert "Data protection officer" in missing()


def test_a_new_policy_revision_is_judged_before_it_is_counted(
    client_of: ClientOf, make_system: Callable[..., AISystem], lead: User
) -> None:
    make_system()
    GateSnapshot.objects.update(policy_revision="")
    snapshots._looked.clear()
    client_of(lead).get("/")
    assert not snapshots.overtaken().exists()


@pytest.mark.parametrize("role", [Role.LEAD, Role.DPO, Role.CTO, Role.OWNER])
def test_queries_do_not_grow_with_the_company(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, staff: Staff, role: Role
) -> None:
    def grow() -> None:
        put_in_production(make_system(data_sensitivity="pii", risk_tier="high"), staff)
        submit_assessment(make_system(data_sensitivity="pii"), owner)
        make_system()

    def queries() -> int:
        client = client_of(staff[role.value])
        client.get("/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        return len(captured)

    grow()
    before = queries()
    for _number in range(3):
        grow()
    assert queries() == before
