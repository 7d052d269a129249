"""The decision page: what it shows, who may decide, and every way in which a decision is refused."""

import datetime as dt
import hashlib
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import substitution_create
from aims.signoffs.models import SignOff
from registry.models import AISystem
from tests.factories import PASSWORD, forget_rights, make_user
from tests.signoffs.conftest import Post

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def substitute(holder: User, person: User, role: Role) -> User:
    today = timezone.localdate()
    substitution_create(
        holder=holder,
        role=role,
        substitute=person,
        starts=today,
        ends=today + dt.timedelta(days=3),
        reason="Leave",
    )
    forget_rights(person)
    return person


# --- What the page shows ----------------------------------------------------------------------------------


def test_signer_sees_what_is_signed_and_its_digest(
    client_of: ClientOf, dpo: User, system: AISystem, page: str
) -> None:
    response = client_of(dpo).get(page)
    text = response.content.decode()
    assert response.status_code == 200
    assert response.context["subject"].sha256 in text
    assert "sorting the post" in text
    assert "Personal data" in text
    assert 'value="approve"' in text


def test_page_says_what_an_approval_means(
    client_of: ClientOf, dpo: User, system: AISystem, page: str
) -> None:
    assert "I approve that “Claims triage” runs in production" in client_of(dpo).get(page).content.decode()


def test_page_lists_who_has_to_sign_and_why(
    client_of: ClientOf, dpo: User, system: AISystem, page: str
) -> None:
    signatures = client_of(dpo).get(page).context["view"].signatures
    assert {signature.role: signature.state for signature in signatures} == {
        Role.DPO: "missing",
        Role.CTO: "missing",
        Role.SECURITY: "missing",
    }
    assert all(signature.why for signature in signatures)


def test_enter_in_a_field_presses_no_decision(
    client_of: ClientOf, dpo: User, system: AISystem, page: str
) -> None:
    """The first button of a form is the one that the Return key presses."""
    form = client_of(dpo).get(page).content.decode().partition('id="decision"')[2]
    first = form.partition("<button")[2].partition(">")[0]
    assert 'value=""' in first


def test_owner_may_read_without_deciding(
    client_of: ClientOf, owner: User, system: AISystem, page: str
) -> None:
    response = client_of(owner).get(page)
    assert response.status_code == 200
    assert response.context["form"] is None
    assert "Policy asks none of your roles to sign this" in response.content.decode()


def test_anonymous_is_sent_to_log_in(client: Client, system: AISystem, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 302
    assert "/accounts/login/" in response.url


def test_stranger_gets_404(client_of: ClientOf, stranger: User, system: AISystem, page: str) -> None:
    assert client_of(stranger).get(page).status_code == 404
    assert client_of(stranger).post(page, {}).status_code == 404


@pytest.mark.parametrize("address", ["/decisions/teapot/claims-triage/", "/decisions/system/nowhere/"])
def test_unknown_subject_gets_404(client_of: ClientOf, dpo: User, system: AISystem, address: str) -> None:
    assert client_of(dpo).get(address).status_code == 404


def test_reading_writes_nothing(client_of: ClientOf, dpo: User, system: AISystem, page: str) -> None:
    client = client_of(dpo)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(page, {"decision": "approve", "reason": "By a link", "password": PASSWORD})
    assert not [entry for entry in queries if entry["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not SignOff.objects.exists()


# --- Deciding ---------------------------------------------------------------------------------------------


def test_approval_is_bound_to_what_was_shown(decide: Post, dpo: User, system: AISystem) -> None:
    response = decide(dpo)
    signoff = SignOff.objects.get()
    assert response.status_code == 302
    assert response.url == system.get_absolute_url()
    assert (signoff.role, signoff.decision, signoff.signer) == ("dpo", "approve", dpo)
    assert signoff.sha256 == hashlib.sha256(signoff.signed_bytes.encode()).hexdigest()
    assert signoff.document["classification"]["data_sensitivity"] == "pii"


def test_message_names_role_and_digest(client_of: ClientOf, decide: Post, dpo: User) -> None:
    client = client_of(dpo)
    response = decide(dpo, client=client)
    text = client.get(response.url).content.decode()
    assert "Approved as Data protection officer" in text
    assert SignOff.objects.get().sha256[:12] in text


@pytest.mark.parametrize("decision", ["changes", "reject"])
def test_other_decisions_are_recorded(decide: Post, dpo: User, decision: str) -> None:
    assert decide(dpo, decision=decision).status_code == 302
    assert SignOff.objects.get().decision == decision


def test_after_approving_the_bar_becomes_a_notice(
    decide: Post, client_of: ClientOf, dpo: User, page: str
) -> None:
    decide(dpo)
    response = client_of(dpo).get(page)
    assert response.context["form"] is None
    assert "You approved exactly this as Data protection officer" in response.content.decode()


def test_the_same_is_not_approved_twice(decide: Post, dpo: User) -> None:
    decide(dpo)
    assert decide(dpo).status_code == 403
    assert SignOff.objects.count() == 1


def test_after_asking_for_changes_the_role_may_decide_again(decide: Post, dpo: User) -> None:
    decide(dpo, decision="changes")
    assert decide(dpo).status_code == 302


def test_person_with_two_roles_chooses_one(decide: Post, client_of: ClientOf, page: str) -> None:
    both = make_user("Bea Both", Role.DPO, Role.CTO)
    choices = client_of(both).get(page).context["form"].fields["role"].choices
    assert [value for value, _label in choices] == ["dpo", "cto"]
    assert decide(both, role="").status_code == 422
    assert decide(both, role="cto").status_code == 302
    assert SignOff.objects.get().role == "cto"


# --- Errors -----------------------------------------------------------------------------------------------


def test_reason_is_required(decide: Post, dpo: User) -> None:
    response = decide(dpo, reason="  ")
    assert response.status_code == 422
    assert "Write at least one sentence" in response.content.decode()
    assert not SignOff.objects.exists()


def test_wrong_password_keeps_the_reason_and_drops_the_password(decide: Post, dpo: User) -> None:
    response = decide(dpo, password="wrong-and-secret")
    text = response.content.decode()
    assert response.status_code == 422
    assert "This is not your password." in text
    assert "Read it all, it is sound." in text
    assert "wrong-and-secret" not in text
    assert not SignOff.objects.exists()


def test_guessing_is_stopped_even_for_the_right_password(
    decide: Post, client_of: ClientOf, dpo: User
) -> None:
    client = client_of(dpo)
    for _attempt in range(10):
        assert decide(dpo, client=client, password="guess").status_code == 422
    response = decide(dpo, client=client)
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()
    assert not SignOff.objects.exists()
    cache.clear()
    assert decide(dpo, client=client).status_code == 302


@pytest.mark.parametrize("decision", ["", "withdraw", "perhaps"])
def test_what_is_no_decision_is_refused(decide: Post, dpo: User, decision: str) -> None:
    response = decide(dpo, decision=decision)
    assert response.status_code == 422
    assert "Choose one of the buttons" in response.content.decode()


def test_role_that_one_does_not_hold_is_refused(decide: Post, dpo: User) -> None:
    assert decide(dpo, role="cto").status_code == 422
    assert not SignOff.objects.exists()


def test_person_without_a_signing_role_gets_403_with_the_reason(decide: Post, auditor: User) -> None:
    response = decide(auditor, role="dpo")
    assert response.status_code == 403
    assert "Policy asks none of your roles" in response.content.decode()


def test_token_against_forgery_is_required(dpo: User, system: AISystem, page: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dpo, backend="aims.accounts.backends.RoleBackend")
    assert client.post(page, {"decision": "approve"}).status_code == 403
    assert not SignOff.objects.exists()


def test_retired_system_is_closed(
    client_of: ClientOf, decide: Post, dpo: User, system: AISystem, page: str
) -> None:
    AISystem.objects.filter(pk=system.pk).update(stage="retired")
    assert "The system is retired." in client_of(dpo).get(page).content.decode()
    assert decide(dpo).status_code == 403


# --- Content that moves -----------------------------------------------------------------------------------


def test_content_that_moved_is_not_signed_but_shown(
    client_of: ClientOf, change: Callable[..., AISystem], dpo: User, system: AISystem, page: str
) -> None:
    client = client_of(dpo)
    shown = client.get(page).context["subject"].signed_bytes
    change(system, purpose="deciding about claims")
    fields = {"role": "dpo", "decision": "approve", "reason": "Fine as I read it.", "password": PASSWORD}
    response = client.post(page, {**fields, "shown": shown})
    text = response.content.decode()
    assert response.status_code == 409
    assert not SignOff.objects.exists()
    assert [row["label"] for row in response.context["moved"].rows] == ["Purpose"]
    assert "Fine as I read it." in text
    now = response.context["form"]["shown"].value()
    assert client.post(page, {**fields, "shown": now}).status_code == 302
    assert SignOff.objects.get().document["classification"]["purpose"] == "deciding about claims"


def test_wrong_password_does_not_hide_that_content_moved(
    client_of: ClientOf, change: Callable[..., AISystem], decide: Post, dpo: User, system: AISystem, page: str
) -> None:
    shown = client_of(dpo).get(page).context["subject"].signed_bytes
    change(system, purpose="deciding about claims")
    response = decide(dpo, shown=shown, password="wrong")
    assert response.status_code == 409
    assert "This is not your password." in response.content.decode()


@pytest.mark.parametrize("shown", ["nonsense", "[1, 2]", "[" * 100_000])
def test_unreadable_copy_counts_as_moved(decide: Post, dpo: User, shown: str) -> None:
    assert decide(dpo, shown=shown).status_code == 409
    assert not SignOff.objects.exists()


def test_material_change_shows_as_a_stale_signature_with_the_diff(
    client_of: ClientOf,
    decide: Post,
    change: Callable[..., AISystem],
    dpo: User,
    owner: User,
    system: AISystem,
    page: str,
) -> None:
    decide(dpo)
    change(system, data_sensitivity="special_category")
    for person in (dpo, owner):
        view = client_of(person).get(page).context["view"]
        assert next(entry.state for entry in view.signatures if entry.role == Role.DPO) == "stale"
        (difference,) = view.differences
        assert difference.undoes
        assert [(row["label"], row["material"]) for row in difference.rows] == [("Data sensitivity", True)]
    assert decide(dpo).status_code == 302


def test_change_that_does_not_matter_leaves_the_signature(
    client_of: ClientOf, decide: Post, change: Callable[..., AISystem], dpo: User, system: AISystem, page: str
) -> None:
    decide(dpo)
    change(system, contact="new@example.com")
    view = client_of(dpo).get(page).context["view"]
    assert next(entry.state for entry in view.signatures if entry.role == Role.DPO) == "valid"
    (difference,) = view.differences
    assert not difference.undoes


# --- Four eyes and substitutes ----------------------------------------------------------------------------


def test_author_may_not_decide_and_is_told_why(
    client_of: ClientOf, decide: Post, owner: User, page: str
) -> None:
    make_dpo(owner)
    response = client_of(owner).get(page)
    assert response.context["form"] is None
    assert "You wrote or submitted part of this" in response.content.decode()
    refused = decide(owner, role="dpo")
    assert refused.status_code == 403
    assert "You wrote or submitted part of this" in refused.content.decode()
    assert not SignOff.objects.exists()


def make_dpo(user: User) -> None:
    from_now = user.role_grants.model(user=user, role=Role.DPO)
    from_now.save()
    forget_rights(user)


def test_substitute_signs_on_behalf_of_the_holder(
    client_of: ClientOf, decide: Post, dpo: User, outsider: User, page: str
) -> None:
    substitute(dpo, outsider, Role.DPO)
    assert (
        "Data protection officer, on behalf of Dora Protection"
        in client_of(outsider).get(page).content.decode()
    )
    assert decide(outsider, role="dpo").status_code == 302
    signoff = SignOff.objects.get()
    assert (signoff.signer, signoff.on_behalf_of) == (outsider, dpo)


def test_substitute_of_an_author_may_not_decide(
    client_of: ClientOf, decide: Post, owner: User, outsider: User, page: str
) -> None:
    make_dpo(owner)
    substitute(owner, outsider, Role.DPO)
    assert "for whom you stand in, wrote part of this" in client_of(outsider).get(page).content.decode()
    assert decide(outsider, role="dpo").status_code == 403


def test_author_may_not_decide_as_a_substitute(decide: Post, dpo: User, owner: User) -> None:
    substitute(dpo, owner, Role.DPO)
    assert decide(owner, role="dpo").status_code == 403


def test_substitute_does_not_stand_beside_their_own_signature(decide: Post, dpo: User, cto: User) -> None:
    decide(cto)
    substitute(dpo, cto, Role.DPO)
    response = decide(cto, role="dpo")
    assert response.status_code == 403
    assert "A substitute cannot give both signatures" in response.content.decode()


# --- Cost -------------------------------------------------------------------------------------------------


def test_queries_do_not_grow_with_what_was_decided(
    client_of: ClientOf,
    decide: Post,
    change: Callable[..., AISystem],
    dpo: User,
    cto: User,
    system: AISystem,
    page: str,
) -> None:
    def queries() -> int:
        client = client_of(dpo)
        with CaptureQueriesContext(connection) as captured:
            client.get(page)
        return len(captured)

    decide(dpo, decision="changes")
    before = queries()
    for number in range(4):
        change(system, purpose=f"purpose {number}")
        decide(dpo, decision="changes")
        decide(cto, decision="changes")
    assert queries() == before
