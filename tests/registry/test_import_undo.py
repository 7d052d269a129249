"""Taking a whole import back: what it registered goes, what it changed returns, and people's work stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import Team, User
from assessments import services as assessments
from registry import documents, services
from registry.errors import ReasonNeeded
from registry.imports import undo as undoing
from registry.imports.applying import apply
from registry.imports.errors import CannotUndo
from registry.imports.preview import prepare
from registry.imports.undo import undo
from registry.imports.uploads import File, upload
from registry.models import AISystem, GateSnapshot, ImportBatch, Obligation
from registry.obligation_services import assign, confirm
from registry.services import system_move, system_update
from tests.lifecycle import approve_assessment, submit_assessment

pytestmark = pytest.mark.django_db

HEAD = "id,name,owner,purpose,risk"


@pytest.fixture
def imported(owner: User) -> Callable[[str], ImportBatch]:
    """Rows of a sheet -> the import of them, carried out by the owner."""

    def bring_in(rows: str, by: User = owner) -> ImportBatch:
        batch = upload([File("systems.csv", f"{HEAD}\n{rows}".encode())], by=by)
        prepare(batch, by=by)
        apply(batch, seen=batch.fingerprint, by=by, reason="The inventory.")
        batch.refresh_from_db()
        return batch

    return bring_in


def test_what_was_registered_is_gone_with_its_history_kept_and_its_id_free(
    imported: Any, owner: User
) -> None:
    batch = imported("a,A,team-ai-platform,,low\nb,B,team-ai-platform,,low\n")
    keys = set(AISystem.objects.values_list("pk", flat=True))
    undo(batch, by=owner, reason="The wrong file.")
    assert not AISystem.objects.exists()
    assert not GateSnapshot.objects.exists()
    last = AISystem.history.filter(id__in=keys, history_type="-")
    assert {(row.history_user, row.history_change_reason) for row in last} == {
        (owner, "Import of systems.csv undone: The wrong file.")
    }
    assert AISystem.history.filter(id__in=keys, history_type="+").count() == 2
    again = imported("a,A,team-ai-platform,,low\n")
    assert AISystem.objects.get().pk not in keys
    assert again.rows.get().status == "new"


def test_what_was_changed_goes_back_as_a_new_revision(
    imported: Any, owner: User, make_system: Callable[..., AISystem]
) -> None:
    system = make_system(slug="a", purpose="sorting the post", risk_tier="low")
    before = documents.record_of(system)
    batch = imported("a,,,answering letters,high\n")
    undo(batch, by=owner, reason="The wrong file.")
    system.refresh_from_db()
    assert documents.record_of(system) == before
    assert (system.revision, system.history.count()) == (3, 3)


def test_teams_that_the_import_made_stay(imported: Any, lead: User) -> None:
    batch = imported("a,A,team-new,,low\n", by=lead)
    undo(batch, by=lead, reason="The wrong file.")
    assert Team.objects.filter(slug="team-new", is_active=True).exists()


def _sign(system: AISystem, staff: dict[str, User]) -> None:
    approve_assessment(submit_assessment(system, staff["owner"]), staff)


def _assess(system: AISystem, staff: dict[str, User]) -> None:
    assessments.begin(system, by=staff["owner"])


def _ask_the_gate(system: AISystem, staff: dict[str, User]) -> None:
    # A draft has no gated step; the gate is asked about the assessed one.
    _sign(system, staff)
    system_move(AISystem.objects.get(pk=system.pk), "promote", by=staff["owner"])


def _edit(system: AISystem, staff: dict[str, User]) -> None:
    from tests.factories import make_record  # noqa: PLC0415

    record = make_record(system.team.slug, slug=system.slug, name="Renamed", risk_tier="low")
    system_update(system, record, team=system.team, by=staff["owner"], revision=system.revision)


def _retire(system: AISystem, staff: dict[str, User]) -> None:
    system_move(system, "retire", by=staff["owner"], reason="Not needed.")


def test_a_system_that_somebody_was_given_a_task_of_stays(imported: Any, owner: User, deputy: User) -> None:
    batch = imported("a,A,team-ai-platform,,low\n")
    task = Obligation.objects.get(kind="monitoring")
    assign([task], to=deputy, by=owner)
    with pytest.raises(CannotUndo) as refused:
        undo(batch, by=owner, reason="The wrong file.")
    assert refused.value.reasons == ["A: a task of it was given to somebody"]


def _confirm(system: AISystem, staff: dict[str, User]) -> None:
    task = Obligation.objects.get(system=system, kind="monitoring")
    confirm(task, on=timezone.localdate(), in_place=True, note="On the team's board.", by=staff["owner"])


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (_confirm, "a task of it was confirmed"),
        (_assess, "its impact assessment was worked on"),
        (_sign, "its impact assessment was worked on"),
        (_ask_the_gate, "impact assessment"),
        (_edit, "it was changed since"),
        (_retire, "it was changed since"),
    ],
)
@pytest.mark.parametrize("known", [False, True], ids=["registered by it", "changed by it"])
def test_nothing_is_taken_back_once_somebody_worked_with_it(
    imported: Any, staff: Any, make_system: Callable[..., AISystem], work: Any, words: str, known: bool
) -> None:
    if known:
        make_system(slug="a", name="A", risk_tier="low", purpose="sorting the post")
    batch = imported("a,A,team-ai-platform,answering letters,low\nb,B,team-ai-platform,,low\n")
    work(AISystem.objects.select_related("team").get(slug="a"), staff)
    with pytest.raises(CannotUndo) as refused:
        undo(batch, by=staff["owner"], reason="The wrong file.")
    assert any(
        reason.startswith(("A: ", "Renamed: ")) and words in reason for reason in refused.value.reasons
    )
    assert not any(reason.startswith("B: ") for reason in refused.value.reasons)
    assert AISystem.objects.count() == 2
    batch.refresh_from_db()
    assert batch.undone_at is None


def test_what_no_app_spoke_for_is_protected_by_the_database(
    imported: Any, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = imported("a,A,team-ai-platform,,low\nb,B,team-ai-platform,,low\n")
    assessments.begin(AISystem.objects.get(slug="b"), by=owner)
    monkeypatch.setattr(undoing, "_holds", [])
    AISystem.objects.update(updated_at=batch.created_at)  # nor does it look changed
    with pytest.raises(CannotUndo) as refused:
        undo(batch, by=owner, reason="The wrong file.")
    assert refused.value.reasons == ["These still refer to it: impact assessment."]
    assert AISystem.objects.count() == 2


def test_a_failure_in_the_middle_takes_nothing_back(
    imported: Any, owner: User, make_system: Callable[..., AISystem], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_system(slug="b", purpose="sorting the post")
    batch = imported("a,A,team-ai-platform,,low\nb,,,answering letters,\n")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(services, "systems_update", fail)
    with pytest.raises(RuntimeError):
        undo(batch, by=owner, reason="The wrong file.")
    assert AISystem.objects.count() == 2
    batch.refresh_from_db()
    assert batch.undone_at is None


def test_it_takes_a_reason_and_happens_once(imported: Any, owner: User) -> None:
    batch = imported("a,A,team-ai-platform,,low\n")
    with pytest.raises(ReasonNeeded):
        undo(batch, by=owner, reason=" ")
    undo(batch, by=owner, reason="The wrong file.")
    with pytest.raises(CannotUndo):
        undo(batch, by=owner, reason="Again.")


def test_the_page_takes_an_import_back(imported: Any, owner: User, client_of: Callable[..., Client]) -> None:
    batch = imported("a,A,team-ai-platform,,low\n")
    client = client_of(owner)
    where = reverse("registry:import-undo", args=[batch.pk])
    assert client.post(where).status_code == 422
    assert AISystem.objects.exists()
    page = client.post(where, {"reason": "The wrong file."}, follow=True)
    assert "Imported, and taken back" in page.content.decode()
    assert "The wrong file." in page.content.decode()
    assert not AISystem.objects.exists()
    assert client.get(where).status_code == 405


def test_the_page_names_what_stands_against_it(
    imported: Any, owner: User, client_of: Callable[..., Client]
) -> None:
    batch = imported("a,Asked system,team-ai-platform,,low\n")
    assessments.begin(AISystem.objects.get(), by=owner)
    answer = client_of(owner).post(reverse("registry:import-undo", args=[batch.pk]), {"reason": "Wrong."})
    assert answer.status_code == 409
    assert "Asked system: its impact assessment was worked on" in answer.content.decode()


def test_only_who_imported_takes_it_back(
    imported: Any, deputy: User, client_of: Callable[..., Client]
) -> None:
    batch = imported("a,A,team-ai-platform,,low\n")
    where = reverse("registry:import-undo", args=[batch.pk])
    assert client_of(deputy).post(where, {"reason": "Wrong."}).status_code == 404
