"""Saved views: private or shared with a role, changed by their owner only, never a way to see more."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.portal import saved_views
from aims.portal.models import SavedView
from registry.models import AISystem
from tests.factories import make_user

pytestmark = pytest.mark.django_db

SYSTEMS = "registry:systems"
ClientOf = Callable[[User], Client]


def save(by: User, name: str = "High risk", query: str = "risk_tier=high", role: str = "") -> SavedView:
    return saved_views.save(SYSTEMS, QueryDict(query), name=name, role=role, by=by)


def post(client: Client, **data: str) -> Any:
    return client.post(
        reverse("saved-views"),
        {"page": SYSTEMS, "query": "risk_tier=high", "name": "High risk", "role": "me", **data},
    )


def chips(page: Any) -> str:
    text = page.content.decode()
    return str(text.partition('<nav class="chips"')[2].partition("</nav>")[0])


# --- Saving -------------------------------------------------------------------------------------------------


def test_a_filtered_list_can_be_saved_and_opened_again(lead: User, client_of: ClientOf) -> None:
    client = client_of(lead)
    answer = post(client, query="page=3&risk_tier=high&format=csv&sort=-changed&next=//evil.example")
    assert answer.url == "/systems/?risk_tier=high&sort=-changed"
    page = client.get(answer.url)
    assert '<a href="/systems/?risk_tier=high&amp;sort=-changed" aria-current="true">High risk' in chips(page)
    assert "High risk" in chips(client.get("/systems/"))
    assert "High risk" not in client.get("/assessments/").content.decode()


def test_the_order_of_the_parameters_does_not_matter(lead: User, client_of: ClientOf) -> None:
    save(lead, query="sort=name&risk_tier=high&q=")
    page = client_of(lead).get("/systems/?q=&page=1&risk_tier=high&sort=name")
    assert chips(page).count('aria-current="true"') == 1
    assert "Save this view" not in page.content.decode()


def test_every_write_leaves_its_trace(lead: User, client_of: ClientOf) -> None:
    client = client_of(lead)
    post(client)
    view = SavedView.objects.get()
    client.post(reverse("saved-view", args=[view.pk]), {"name": "Risky", "role": "dpo"})
    client.post(reverse("saved-view-delete", args=[view.pk]))
    assert [(row.history_type, row.name, row.history_user) for row in SavedView.history.all()] == [
        ("-", "Risky", lead),
        ("~", "Risky", lead),
        ("+", "High risk", lead),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"query": "page=2&colour=red"}, "This is the whole list"),
        ({"query": "q=" + "x" * 1500}, "at most 1000 characters"),
        ({"page": "admin:index"}, "This list has no saved views"),
        ({"page": "https://evil.example/"}, "This list has no saved views"),
        ({"role": "dpo"}, "not one of the available choices"),
    ],
    ids=["no-name", "long-name", "nothing", "long-query", "no-list", "elsewhere", "not-their-role"],
)
def test_what_makes_no_view_is_refused_with_what_to_do(
    data: dict[str, str], said: str, owner: User, client_of: ClientOf
) -> None:
    answer = post(client_of(owner), **data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SavedView.objects.exists()


def test_a_name_is_given_once_for_each_list(lead: User, client_of: ClientOf) -> None:
    client = client_of(lead)
    post(client)
    again = post(client, query="risk_tier=low")
    assert again.status_code == 422
    assert "You have a view of this name already" in again.content.decode()
    assert post(client, page="assessments:assessments", query="state=draft").status_code == 302


def test_there_is_an_end_to_chips(lead: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(saved_views, "MOST", 2)
    save(lead, "One")
    save(lead, "Two")
    with pytest.raises(ValidationError, match="delete one"):
        save(lead, "Three")


# --- Sharing ------------------------------------------------------------------------------------------------


def test_a_private_view_is_ones_own(lead: User, dpo: User, client_of: ClientOf) -> None:
    save(lead)
    assert "High risk" not in chips(client_of(dpo).get("/systems/"))


def test_a_shared_view_is_the_roles_and_says_whose_it_is(
    lead: User, dpo: User, cto: User, client_of: ClientOf
) -> None:
    save(lead, role="dpo")
    assert "shared by Lea Compliance" in chips(client_of(dpo).get("/systems/"))
    assert "High risk" not in chips(client_of(cto).get("/systems/"))


def test_people_share_with_their_own_roles_and_the_lead_with_all(lead: User, dpo: User) -> None:
    assert saved_views.roles_to_share_with(dpo) == [Role.DPO]
    assert saved_views.roles_to_share_with(lead) == list(Role)
    save(dpo, role="dpo")
    with pytest.raises(PermissionDenied):
        save(dpo, "Another", role="cto")


def test_what_was_shared_in_a_role_that_is_gone_can_still_be_renamed(dpo: User, client_of: ClientOf) -> None:
    view = save(dpo, role="dpo")
    dpo.role_grants.all().delete()
    answer = client_of(dpo).post(reverse("saved-view", args=[view.pk]), {"name": "New", "role": "dpo"})
    assert answer.status_code == 302
    assert SavedView.objects.get().name == "New"


def test_the_views_of_somebody_who_left_are_gone_from_others(lead: User, dpo: User) -> None:
    save(lead, role="dpo")
    User.objects.filter(pk=lead.pk).update(is_active=False)
    assert not SavedView.objects.visible_to(dpo).exists()


def test_a_shared_view_widens_no_rights(
    make_system: Callable[..., AISystem], lead: User, stranger: User, client_of: ClientOf
) -> None:
    make_system(name="Not theirs", risk_tier="high")
    view = save(lead, role="owner")
    page = client_of(stranger).get(view.get_absolute_url())
    assert "High risk" in chips(page)
    assert "Not theirs" not in page.content.decode()


# --- Changing -----------------------------------------------------------------------------------------------


def test_nobody_changes_a_view_of_somebody_else(lead: User, dpo: User, client_of: ClientOf) -> None:
    view = save(dpo, role="dpo")
    colleague = make_user("Dirk Deputy", Role.DPO)
    for person in (lead, colleague):
        client = client_of(person)
        assert client.get(reverse("saved-view", args=[view.pk])).status_code == 404
        assert client.post(reverse("saved-view", args=[view.pk]), {"name": "Mine"}).status_code == 404
        assert client.post(reverse("saved-view-delete", args=[view.pk])).status_code == 404
        with pytest.raises(PermissionDenied):
            saved_views.change(view, name="Mine", role="", by=person)
        with pytest.raises(PermissionDenied):
            saved_views.delete(view, by=person)
    view.refresh_from_db()
    assert view.name == "High risk"


def test_a_wrong_name_changes_nothing_and_says_so(lead: User, client_of: ClientOf) -> None:
    view = save(lead)
    save(lead, "Taken", "risk_tier=low")
    answer = client_of(lead).post(reverse("saved-view", args=[view.pk]), {"name": "Taken", "role": "me"})
    assert answer.status_code == 422
    assert "<h1>High risk</h1>" in answer.content.decode()
    view.refresh_from_db()
    assert view.name == "High risk"


def test_ones_own_view_is_changed_where_it_is_open(lead: User, dpo: User, client_of: ClientOf) -> None:
    view = save(lead, role="dpo")
    edit = reverse("saved-view", args=[view.pk])
    assert edit in client_of(lead).get(view.get_absolute_url()).content.decode()
    theirs = client_of(dpo).get(view.get_absolute_url()).content.decode()
    assert edit not in theirs
    assert "Save this view" in theirs  # as their own


# --- What always holds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"role": "king"}, {"name": ""}, {"query": ""}])
def test_the_database_refuses_what_is_no_view(wrong: dict[str, str], lead: User) -> None:
    row = {"owner": lead, "page": SYSTEMS, "name": "A", "query": "q=a", **wrong}
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(**row)


def test_the_lists_are_pages_with_the_parameters_that_they_read(lead: User, client_of: ClientOf) -> None:
    for page, parameters in saved_views.LISTS.items():
        answer = client_of(lead).get(reverse(page), {"q": "zebra"})
        assert {"q", "sort"} <= set(parameters)
        text = answer.content.decode()
        assert "Save this view" in text
        for name in set(parameters) - {"sort"}:
            assert f'name="{name}"' in text


def test_views_cost_one_query_however_many_there_are(lead: User, client_of: ClientOf) -> None:
    client = client_of(lead)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/systems/?risk_tier=high")
        assert sum("portal_savedview" in query["sql"] for query in captured) == 1
        return len(captured)

    queries()  # the first visit looks for what the gate has to be asked about
    none = queries()
    for number in range(10):
        save(lead, f"View {number}")
    assert queries() == none <= 12
