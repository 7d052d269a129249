"""The certificate of a signature, its bytes, and taking it back."""

import hashlib
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aims.accounts.models import User
from aims.signoffs.models import Decision, SignOff
from registry.models import AISystem
from tests.factories import PASSWORD
from tests.signoffs.conftest import Post

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def signoff(decide: Post, dpo: User) -> SignOff:
    assert decide(dpo).status_code == 302
    return SignOff.objects.get()


def withdraw(client: Client, signoff: SignOff, **fields: str) -> object:
    address = reverse("signoffs:withdraw", args=[signoff.pk])
    return client.post(address, {"reason": "I had not seen the appendix.", "password": PASSWORD, **fields})


def status_of(client: Client, signoff: SignOff) -> str:
    return client.get(signoff.get_absolute_url()).context["certificate"].status


def test_certificate_names_signer_meaning_digest_and_policy(
    client_of: ClientOf, dpo: User, signoff: SignOff
) -> None:
    text = client_of(dpo).get(signoff.get_absolute_url()).content.decode()
    for part in (dpo.name, signoff.meaning, signoff.reason, signoff.sha256, signoff.policy_revision):
        assert part in text


def test_everybody_who_sees_the_system_sees_the_certificate(
    client_of: ClientOf, owner: User, auditor: User, signoff: SignOff
) -> None:
    for person in (owner, auditor):
        assert client_of(person).get(signoff.get_absolute_url()).status_code == 200


def test_stranger_gets_404_for_all_of_it(client_of: ClientOf, stranger: User, signoff: SignOff) -> None:
    client = client_of(stranger)
    assert client.get(signoff.get_absolute_url()).status_code == 404
    assert client.get(reverse("signoffs:signed-bytes", args=[signoff.pk])).status_code == 404
    assert withdraw(client, signoff).status_code == 404


def test_anonymous_is_sent_to_log_in(client: Client, signoff: SignOff) -> None:
    assert "/accounts/login/" in client.get(signoff.get_absolute_url()).url


def test_downloaded_bytes_have_the_digest(client_of: ClientOf, auditor: User, signoff: SignOff) -> None:
    response = client_of(auditor).get(reverse("signoffs:signed-bytes", args=[signoff.pk]))
    assert hashlib.sha256(response.content).hexdigest() == signoff.sha256
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment")


def test_signature_stands_while_nothing_changes(client_of: ClientOf, dpo: User, signoff: SignOff) -> None:
    assert status_of(client_of(dpo), signoff) == "Stands"


def test_signature_stands_after_a_change_that_does_not_matter(
    client_of: ClientOf, change: Callable[..., AISystem], dpo: User, system: AISystem, signoff: SignOff
) -> None:
    change(system, contact="new@example.com")
    assert status_of(client_of(dpo), signoff) == "Stands"


def test_signature_is_stale_after_a_material_change_and_shows_what_was_signed(
    client_of: ClientOf, change: Callable[..., AISystem], dpo: User, system: AISystem, signoff: SignOff
) -> None:
    change(system, purpose="deciding about claims")
    response = client_of(dpo).get(signoff.get_absolute_url())
    assert response.context["certificate"].status == "Stale"
    signed = [row for section in response.context["sections"] for row in section.rows]
    assert ("Purpose", "sorting the post") in signed


def test_newer_decision_supersedes(client_of: ClientOf, decide: Post, dpo: User) -> None:
    decide(dpo, decision="changes")
    first = SignOff.objects.get()
    assert status_of(client_of(dpo), first) == "Open"
    decide(dpo)
    assert status_of(client_of(dpo), first) == "Superseded"


def test_signer_withdraws_by_a_new_event(client_of: ClientOf, dpo: User, signoff: SignOff) -> None:
    client = client_of(dpo)
    assert withdraw(client, signoff).status_code == 302
    withdrawal = SignOff.objects.get(decision=Decision.WITHDRAW)
    assert withdrawal.withdraws == signoff
    assert withdrawal.reason == "I had not seen the appendix."
    response = client.get(signoff.get_absolute_url())
    assert response.context["certificate"].status == "Withdrawn"
    assert "I had not seen the appendix." in response.content.decode()
    assert status_of(client, withdrawal) == "Withdrawal"


def test_withdrawn_signature_is_asked_for_again(
    client_of: ClientOf, decide: Post, dpo: User, signoff: SignOff, page: str
) -> None:
    withdraw(client_of(dpo), signoff)
    signatures = client_of(dpo).get(page).context["view"].signatures
    assert next(entry.state for entry in signatures if entry.role == "dpo") == "missing"
    assert decide(dpo).status_code == 302


def test_only_the_signer_withdraws(client_of: ClientOf, cto: User, signoff: SignOff) -> None:
    client = client_of(cto)
    assert not client.get(signoff.get_absolute_url()).context["certificate"].may_withdraw
    assert withdraw(client, signoff).status_code == 403
    assert SignOff.objects.count() == 1


def test_withdrawing_twice_is_refused(client_of: ClientOf, dpo: User, signoff: SignOff) -> None:
    client = client_of(dpo)
    withdraw(client, signoff)
    assert withdraw(client, signoff).status_code == 403
    assert SignOff.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"reason": ""}, "Write at least one sentence"), ({"password": "wrong"}, "This is not your password.")],
)
def test_withdrawing_needs_reason_and_password(
    client_of: ClientOf, dpo: User, signoff: SignOff, fields: dict[str, str], message: str
) -> None:
    response = withdraw(client_of(dpo), signoff, **fields)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert SignOff.objects.count() == 1


def test_guessing_at_the_withdrawal_is_stopped(client_of: ClientOf, dpo: User, signoff: SignOff) -> None:
    client = client_of(dpo)
    for _attempt in range(10):
        withdraw(client, signoff, password="guess")
    assert withdraw(client, signoff).status_code == 429
    assert SignOff.objects.count() == 1


def test_withdrawing_needs_a_post(client_of: ClientOf, dpo: User, signoff: SignOff) -> None:
    assert client_of(dpo).get(reverse("signoffs:withdraw", args=[signoff.pk])).status_code == 405


def test_reading_writes_nothing(client_of: ClientOf, dpo: User, signoff: SignOff) -> None:
    client = client_of(dpo)
    with CaptureQueriesContext(connection) as queries:
        client.get(signoff.get_absolute_url())
    assert not [entry for entry in queries if entry["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
