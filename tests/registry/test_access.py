"""Who may what, and why: the explanation and the decision never differ."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aims.accounts import access
from aims.accounts.models import Team, User
from aims.accounts.roles import PERMISSIONS, Role
from aims.accounts.services import member_add, role_grant, substitution_create
from assessments.models import Assessment
from registry.access import exceptions_end
from registry.explanation import explain, groups_of
from registry.models import AISystem, SystemException
from tests.factories import forget_rights, make_system, make_team, make_user
from tests.lifecycle import submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
EVERY_PERMISSION = sorted(
    {permission for given in PERMISSIONS.values() for permission in given} | {"no.such_thing"}
)


def except_for(
    person: User, system: AISystem, codename: str = "view_aisystem", days: int = 5
) -> SystemException:
    exception = SystemException(
        user=person,
        content_object=system,
        permission=Permission.objects.get(codename=codename, content_type__app_label="registry"),
        until=timezone.localdate() + dt.timedelta(days=days),
        reason="Helps with the audit",
    )
    exception._history_user = User.objects.filter(email="admin@example.com").first()
    exception.save()
    return exception


@pytest.fixture
def systems(team: Team) -> list[AISystem]:
    """One of the persona `owner`, one of strangers, one of a team that is switched off."""
    closed = make_team("team-closed", members=(team.lead,))
    found = [make_system(team), make_system(make_team("team-far")), make_system(closed)]
    Team.objects.filter(pk=closed.pk).update(is_active=False)
    return found


@pytest.fixture
def everybody(systems: list[AISystem], team: Team, admin: User) -> list[User]:
    """A person for each role and each way to a right, some with several, some with none that counts."""
    people = [make_user(f"Only {role.value}", role) for role in Role if role is not Role.OWNER]
    stand_in, expired, viewer, changer, both, gone = (
        make_user(f"Person {word}") for word in ("in", "expired", "viewer", "changer", "both", "gone")
    )
    today = timezone.localdate()
    dpo = next(person for person in people if Role.DPO in person.granted_roles)
    substitution_create(
        holder=dpo, role=Role.DPO, substitute=stand_in, starts=today, ends=today, reason="Leave"
    )
    except_for(expired, systems[1], days=-1)
    except_for(viewer, systems[1])
    except_for(changer, systems[1], "change_aisystem")
    member_add(team, both, by=None)
    role_grant(both, Role.AUDITOR, by=None)
    except_for(both, systems[0])
    role_grant(gone, Role.LEAD, by=None)
    except_for(gone, systems[0])
    User.objects.filter(pk=gone.pk).update(is_active=False)
    return list(User.objects.all())


# --- Explained exactly where allowed -----------------------------------------------------------------------


def test_there_is_a_reason_exactly_where_there_is_the_right(
    everybody: list[User], systems: list[AISystem]
) -> None:
    submit_assessment(systems[0], systems[0].team.lead)
    objects = [None, *AISystem.objects.select_related("team"), *Assessment.objects.select_related("system")]
    wrong, yes, no = [], 0, 0
    for person in everybody:
        for obj in objects:
            reasons = access.grounds(person, EVERY_PERMISSION, obj)
            for permission in EVERY_PERMISSION:
                may = person.has_perm(permission, obj)
                yes, no = yes + may, no + (not may)
                if may != bool(reasons[permission]):
                    wrong.append((str(person), permission, str(obj), may, reasons[permission]))
    assert wrong == []
    assert yes > 500
    assert no > 500


def test_the_acts_of_a_page_are_allowed_exactly_where_the_portal_allows_them(
    everybody: list[User], systems: list[AISystem]
) -> None:
    for person in everybody:
        for system in systems:
            for act in explain(person, system):
                assert act.allowed == person.has_perm(act.permission, system), (person, act)
                assert bool(act.why_not) != act.allowed


def test_everybody_who_sees_a_system_stands_on_its_page_and_nobody_else(
    everybody: list[User], systems: list[AISystem]
) -> None:
    for system in AISystem.objects.select_related("team"):
        seeing = {
            pk
            for group in groups_of(system)
            for pk, _name, _note in group.people
            if any(str(act) == "See the system" for act in group.acts)
        }
        assert seeing == {each.pk for each in everybody if each.has_perm("registry.view_aisystem", system)}
        assert seeing == {
            each.pk for each in everybody if AISystem.objects.visible_to(each).filter(pk=system.pk).exists()
        }


# --- In words ----------------------------------------------------------------------------------------------


def words_of(person: User, system: AISystem, permission: str = "registry.view_aisystem") -> str:
    forget_rights(person)
    act = next(act for act in explain(person, system) if act.permission == permission)
    return " / ".join(ground.words for ground in act.grounds) or act.why_not


def test_each_way_has_its_words(
    owner: User, dpo: User, outsider: User, admin: User, systems: list[AISystem]
) -> None:
    system = AISystem.objects.select_related("team").get(pk=systems[0].pk)
    assert words_of(owner, system) == "Member of AI platform team, the owner"
    assert words_of(dpo, system) == "Data protection officer, a role that reaches everything"
    assert words_of(outsider, system).startswith("None of their roles, teams and exceptions gives it.")
    today = timezone.localdate()
    substitution_create(
        holder=dpo, role=Role.DPO, substitute=outsider, starts=today, ends=today, reason="Leave"
    )
    assert words_of(outsider, system) == "Stands in for Dora Protection as Data protection officer"
    except_for(outsider, system)
    assert words_of(outsider, system).endswith("An exception by Ada Admin: Helps with the audit")


def test_who_is_gone_is_told_so(outsider: User, systems: list[AISystem]) -> None:
    outsider.is_active = False
    assert words_of(outsider, systems[0]).startswith("The account is deactivated")


# --- The pages ---------------------------------------------------------------------------------------------


def test_a_persons_page_counts_by_reason_and_links_to_the_list(
    owner: User, auditor: User, admin: User, systems: list[AISystem], client_of: ClientOf
) -> None:
    make_system(systems[0].team)
    except_for(owner, systems[1])
    client = client_of(admin)
    reasons = client.get(reverse("registry:person-access", args=[owner.pk])).context["reasons"]
    assert [(row["number"], row["url"]) for row in reasons] == [
        (2, "/systems/?owner=team-ai-platform"),
        (1, systems[1].get_absolute_url()),
    ]
    assert client.get(reasons[0]["url"]).context["page"].paginator.count == 2
    reasons = client.get(reverse("registry:person-access", args=[auditor.pk])).context["reasons"]
    assert [(row["why"], row["number"]) for row in reasons] == [("Internal auditor", 4)]


def test_one_system_is_found_by_a_word_and_explained(
    owner: User, admin: User, systems: list[AISystem], client_of: ClientOf
) -> None:
    url = reverse("registry:person-access", args=[owner.pk])
    client = client_of(admin)
    assert client.get(url, {"system": systems[1].slug}).context["acts"][0].allowed is False
    assert systems[0] in client.get(url, {"system": "system"}).context["found"]


def test_who_looks_at_their_own_access_is_not_told_of_systems_that_they_do_not_see(
    owner: User, systems: list[AISystem], client_of: ClientOf
) -> None:
    page = client_of(owner).get(
        reverse("registry:person-access", args=[owner.pk]), {"system": systems[1].slug}
    )
    assert page.status_code == 200
    assert systems[1].name not in page.content.decode()


def test_the_queries_of_a_systems_access_do_not_grow_with_the_people(
    owner: User, admin: User, team: Team, systems: list[AISystem], client_of: ClientOf
) -> None:
    client, url = client_of(owner), reverse("registry:system-access", args=[systems[0].slug])

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    everyone = [make_user("", Role.ONCALL) for _number in range(2)]
    except_for(everyone[0], systems[0])
    few = queries()
    for _number in range(6):
        everyone.append(make_user("", Role.ONCALL, Role.AUDITOR))
        member_add(team, everyone[-1], by=None)
        except_for(everyone[-1], systems[0])
    assert queries() == few <= 12


def test_many_of_one_role_are_counted_not_named(
    systems: list[AISystem], admin: User, client_of: ClientOf
) -> None:
    for number in range(52):
        make_user(f"Engineer {number:03}", Role.ONCALL)
    page = client_of(admin).get(reverse("registry:system-access", args=[systems[0].slug])).content.decode()
    assert "Engineer 049" in page
    assert "Engineer 051" not in page
    assert "and 2 more" in page


# --- Exceptions of somebody who leaves ---------------------------------------------------------------------


def test_ended_exceptions_open_nothing_and_stay_on_record(
    outsider: User, admin: User, systems: list[AISystem]
) -> None:
    exception = except_for(outsider, systems[1])
    assert exceptions_end(outsider, by=admin, reason="Left") == 1
    assert not AISystem.objects.visible_to(outsider).exists()
    exception.refresh_from_db()
    assert exception.history.latest().history_user == admin
