"""Two people, or two clicks, at the same moment: what is decided is decided once, and nobody sees a fault."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.test import Client

from aims.accounts.models import Team, User
from aims.signoffs import services as signoffs
from aims.signoffs import subjects
from aims.signoffs.models import SignOff
from assessments import services as assessments
from assessments.models import Assessment
from registry import gate, services
from registry.models import AISystem, GateDecision, GateSnapshot
from tests.factories import PASSWORD
from tests.lifecycle import Staff, approve_assessment, complete_content, sign_system, submit_assessment
from tests.page_forms import posted

pytestmark = pytest.mark.django_db(transaction=True)

ClientOf = Callable[[User], Client]


@pytest.fixture
def system(make_system: Callable[..., AISystem]) -> AISystem:
    return make_system(data_sensitivity="pii", risk_tier="high")


@pytest.fixture
def article_file() -> SimpleUploadedFile:
    record = Path(__file__).resolve().parents[1] / "registry" / "data" / "claude-rag-assistant.yaml"
    return SimpleUploadedFile(record.name, record.read_bytes())


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """What the actions return, each in a thread and with a connection of its own, started together."""
    start = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(place: int, action: Callable[[], Any]) -> None:
        try:
            start.wait()
            results[place] = action()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def posts(client_of: ClientOf, person: User, address: str, data: dict[str, Any]) -> Callable[[], int]:
    client = client_of(person)
    return lambda: client.post(address, data).status_code


def test_two_clicks_sign_once(system: AISystem, client_of: ClientOf, dpo: User) -> None:
    address = f"/decisions/system/{system.slug}/"
    given = {"decision": "approve", "reason": "Read it all.", "password": PASSWORD}
    shown = posted(client_of(dpo).get(address).text, holding="shown")
    post = [posts(client_of, dpo, address, shown | given) for _click in range(2)]
    assert sorted(at_once(*post)) == [302, 403]
    assert SignOff.objects.count() == 1


def test_two_clicks_promote_once(system: AISystem, client_of: ClientOf, owner: User, staff: Staff) -> None:
    approve_assessment(submit_assessment(system, owner), staff)
    sign_system(system, staff)
    address, step = f"/systems/{system.slug}/promotion/", {"transition": "promote"}
    post = [posts(client_of, owner, address, step) for _click in range(2)]
    assert sorted(at_once(*post)) == [302, 409]
    assert GateDecision.objects.count() == 1


def test_two_people_begin_one_assessment(
    system: AISystem, client_of: ClientOf, owner: User, deputy: User
) -> None:
    address = f"/assessments/begin/{system.slug}/"
    assert at_once(*(posts(client_of, person, address, {}) for person in (owner, deputy))) == [302, 302]
    assert Assessment.objects.count() == 1


def test_references_stay_without_gaps_and_repeats(
    make_system: Callable[..., AISystem], client_of: ClientOf, owner: User
) -> None:
    systems = [make_system() for _number in range(4)]
    addresses = [f"/assessments/begin/{system.slug}/" for system in systems]
    assert at_once(*(posts(client_of, owner, address, {}) for address in addresses)) == [302] * 4
    numbers = sorted(ref[-3:] for ref in Assessment.objects.values_list("ref", flat=True))
    assert numbers == ["001", "002", "003", "004"]


def test_two_clicks_submit_once(system: AISystem, client_of: ClientOf, owner: User) -> None:
    begun = assessments.begin(system, by=owner)
    begun = assessments.save(begun, complete_content(), by=owner, revision=begun.revision)
    address = f"/assessments/{begun.ref}/submit/"
    assert sorted(at_once(*(posts(client_of, owner, address, {}) for _click in range(2)))) == [302, 409]


def test_an_edit_and_a_signature_never_pass_each_other(
    system: AISystem, client_of: ClientOf, owner: User, dpo: User
) -> None:
    """Whoever comes second is told: the signer sees the change, or the change makes the signature stale."""
    edit, decide = f"/systems/{system.slug}/edit/", f"/decisions/system/{system.slug}/"
    changed = posted(client_of(owner).get(edit).text, holding="purpose") | {"purpose": "something else"}
    shown = posted(client_of(dpo).get(decide).text, holding="shown")
    given = {"decision": "approve", "reason": "Read it all.", "password": PASSWORD}
    saved, signed = at_once(
        posts(client_of, owner, edit, changed), posts(client_of, dpo, decide, shown | given)
    )
    assert saved == 302
    assert signed in (302, 409)
    states = {entry.role.value: entry.state for entry in gate.judge(system_now(system)).signatures}
    assert states["dpo"] == ("stale" if signed == 302 else "missing")


def test_two_people_register_one_id(team: Team, client_of: ClientOf, owner: User, deputy: User) -> None:
    shown = posted(client_of(owner).get("/systems/new/").text, holding="slug")
    given = shown | {"slug": "the-same", "name": "The same", "team": str(team.pk)}
    answers = at_once(*(posts(client_of, person, "/systems/new/", given) for person in (owner, deputy)))
    assert sorted(answers) == [302, 422]


def test_two_imports_bring_one_record_once(
    client_of: ClientOf, owner: User, deputy: User, article_file: SimpleUploadedFile
) -> None:
    actions = []
    for person in (owner, deputy):
        article_file.seek(0)
        page = client_of(person).post("/import/", {"files": article_file}, follow=True)
        shown = posted(page.text, holding="seen")
        actions.append(posts(client_of, person, page.request["PATH_INFO"], shown))
    assert sorted(at_once(*actions)) == [302, 409]
    assert AISystem.objects.count() == 1


def test_two_clicks_import_once(client_of: ClientOf, owner: User, article_file: SimpleUploadedFile) -> None:
    page = client_of(owner).post("/import/", {"files": article_file}, follow=True)
    address, shown = page.request["PATH_INFO"], posted(page.text, holding="seen")
    post = [posts(client_of, owner, address, shown) for _click in range(2)]
    assert sorted(at_once(*post)) == [302, 409]
    assert AISystem.objects.count() == 1


def test_two_clicks_withdraw_once(system: AISystem, client_of: ClientOf, dpo: User, staff: Staff) -> None:
    sign_system(system, staff)
    signoff = SignOff.objects.get(role="dpo")
    address = f"/decisions/signoffs/{signoff.pk}/withdraw/"
    given = {"reason": "I had not seen the appendix.", "password": PASSWORD}
    assert sorted(at_once(*(posts(client_of, dpo, address, given) for _click in range(2)))) == [302, 403]


def test_a_withdrawal_waits_for_the_gate(system: AISystem, owner: User, dpo: User, staff: Staff) -> None:
    """Else lists would go on saying that a system complies whose signature went while it was promoted."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time.")
    approve_assessment(submit_assessment(system, owner), staff)
    sign_system(system, staff)
    signoff = SignOff.objects.get(role="dpo", subject_kind="system")
    kind = subjects.kind("system")
    assert kind

    def withdraw() -> SignOff:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        return signoffs.withdraw(kind, signoff, reason="No.", password=PASSWORD, by=dpo)

    with transaction.atomic():
        services.locked(system.pk)
        (answer,) = at_once(withdraw)
    assert isinstance(answer, OperationalError)
    (answer,) = at_once(withdraw)
    assert answer.withdraws == signoff
    assert GateSnapshot.objects.get(system=system).verdict == "deny"


def system_now(system: AISystem) -> AISystem:
    return AISystem.objects.select_related("team").get(pk=system.pk)
