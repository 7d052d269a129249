"""The pages: who gets to see and do what, saving by script and by button, and two people at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aims.accounts.models import User
from assessments import services
from assessments.forms import AssessmentForm, _data_of
from assessments.models import Assessment
from assessments.states import State
from registry.models import AISystem
from tests.assessments.conftest import fresh
from tests.factories import PASSWORD
from tests.lifecycle import complete_content, sign

Clients = Callable[[User], Client]


def form_data(assessment: Assessment, **changes: Any) -> dict[str, Any]:
    """What a browser posts for the assessment as it is, with changes by the name of the control."""
    content = assessment.parsed
    return (
        dict(_data_of(content))
        | {
            "version": assessment.version,
            "revision": assessment.revision,
            "dimension": [
                form.dimension.key
                for form in AssessmentForm.of(content).impacts
                if not form.dimension.from_article
            ],
            "measure": [measure.id for measure in content.mitigations],
        }
        | {name.replace("__", "-"): value for name, value in changes.items()}
    )


def edit(client: Client, assessment: Assessment, *, script: bool = False, **changes: Any) -> Any:
    headers = {"X-Autosave": "1"} if script else {}
    return client.post(
        f"/assessments/{assessment.ref}/edit/", form_data(assessment, **changes), headers=headers
    )


# --- Who -------------------------------------------------------------------------------------------------

READERS = {"owner", "deputy", "lead", "dpo", "cto", "security", "auditor", "oncall", "admin"}
BLIND = {"outsider", "stranger", "external_auditor"}


@pytest.mark.parametrize("path", ["", "edit/"])
def test_each_role_gets_its_answer(
    path: str, draft: Assessment, client_of: Clients, request: pytest.FixtureRequest
) -> None:
    found = {
        role: client_of(request.getfixturevalue(role)).get(f"/assessments/{draft.ref}/{path}").status_code
        for role in sorted(READERS | BLIND)
    }
    writers = {"owner", "deputy", "lead"} if path else READERS
    refused = dict.fromkeys(READERS - writers, 403) | dict.fromkeys(BLIND, 404)
    assert found == dict.fromkeys(writers, 200) | refused


@pytest.mark.parametrize("path", ["submit/", "withdraw/", "versions/", "merge/", "edit/"])
def test_who_only_reads_changes_nothing(
    path: str, draft: Assessment, auditor: User, client_of: Clients
) -> None:
    assert client_of(auditor).post(f"/assessments/{draft.ref}/{path}").status_code == 403
    assert fresh(draft).state == State.DRAFT


@pytest.mark.parametrize("path", ["submit/", "withdraw/", "versions/", "merge/"])
def test_nothing_happens_by_get(path: str, draft: Assessment, owner: User, client_of: Clients) -> None:
    assert client_of(owner).get(f"/assessments/{draft.ref}/{path}").status_code == 405


def test_without_login_every_page_leads_to_it(draft: Assessment, client: Client) -> None:
    for path in (
        "/assessments/",
        f"/assessments/{draft.ref}/",
        f"/assessments/{draft.ref}/edit/",
        f"/assessments/{draft.ref}.md",
    ):
        assert "/login/" in client.get(path)["Location"]


def test_forms_are_protected_against_other_sites(draft: Assessment, owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, backend="aims.accounts.backends.RoleBackend")
    assert client.post(f"/assessments/{draft.ref}/submit/").status_code == 403


def test_the_list_shows_what_one_may_see(
    draft: Assessment, owner: User, stranger: User, client_of: Clients
) -> None:
    assert draft.ref in client_of(owner).get("/assessments/").text
    assert draft.ref not in client_of(stranger).get("/assessments/").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=draft", True),
        ("state=approved", False),
        ("q=claims+triage", True),
        ("q=nothing", False),
        ("state=?", True),
    ],
)
def test_the_list_is_filtered_by_its_address(
    query: str, shown: bool, draft: Assessment, owner: User, client_of: Clients
) -> None:
    assert (draft.ref in client_of(owner).get(f"/assessments/?{query}").text) is shown


def test_the_list_takes_the_same_number_of_queries_for_any_length(
    make_system: Callable[..., AISystem], owner: User, client_of: Clients
) -> None:
    client = client_of(owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/assessments/").status_code == 200
        return len(captured)

    services.begin(make_system(), by=owner)
    queries()  # what a process loads once
    few = queries()
    for _number in range(20):
        services.begin(make_system(), by=owner)
    assert queries() == few


# --- Beginning, submitting, deciding ---------------------------------------------------------------------


def test_an_assessment_begins_on_the_systems_page(system: AISystem, owner: User, client_of: Clients) -> None:
    client = client_of(owner)
    page = client.get(f"/systems/{system.slug}/").text
    assert f"/assessments/begin/{system.slug}/" in page
    response = client.post(f"/assessments/begin/{system.slug}/")
    assert response["Location"] == f"/assessments/{Assessment.objects.get().ref}/edit/"


def test_submitting_too_early_shows_what_is_missing_beside_the_fields(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    response = edit(client_of(owner), draft, context__purpose="", submit="1")
    assert response.status_code == 422
    assert 'id="id_context-purpose_error"' in response.text
    saved = fresh(draft)
    assert (saved.state, saved.parsed.context.purpose) == (State.DRAFT, "")


def test_four_eyes_over_the_pages(draft: Assessment, owner: User, dpo: User, client_of: Clients) -> None:
    writer, decider = client_of(owner), client_of(dpo)
    assert edit(writer, draft, submit="1").status_code == 302
    address = f"/decisions/assessment/{draft.ref}/"
    page = decider.get(address)
    answer = {
        "role": "dpo",
        "decision": "approve",
        "reason": "Well thought through.",
        "password": PASSWORD,
        "shown": page.context["subject"].signed_bytes,
    }
    assert writer.post(address, answer).status_code == 403
    assert fresh(draft).state == State.SUBMITTED
    assert decider.post(address, answer).status_code == 302
    assert fresh(draft).state == State.APPROVED


def test_a_decided_version_cannot_be_edited(approved: Assessment, owner: User, client_of: Clients) -> None:
    client = client_of(owner)
    assert client.get(f"/assessments/{approved.ref}/edit/").status_code == 302
    assert edit(client, approved, context__purpose="Other").status_code == 409


def test_a_new_version_shows_what_changed(approved: Assessment, owner: User, client_of: Clients) -> None:
    client = client_of(owner)
    client.post(f"/assessments/{approved.ref}/versions/")
    following = Assessment.objects.get(version=2)
    edit(client, following, context__purpose="Answers questions of brokers.")
    page = client.get(f"/assessments/{approved.ref}/").text
    assert "<del>customers</del>" in page
    assert "<ins>brokers</ins>" in page
    assert "brokers" not in client.get(f"/assessments/{approved.ref}/?version=1").text


@pytest.mark.parametrize("version", ["2", "0", "x", "-1", "9" * 30])
def test_a_version_that_is_not_there_is_not_found(
    version: str, draft: Assessment, owner: User, client_of: Clients
) -> None:
    assert client_of(owner).get(f"/assessments/{draft.ref}/?version={version}").status_code == 404


def test_the_markdown_file_is_a_download(approved: Assessment, owner: User, client_of: Clients) -> None:
    response = client_of(owner).get(f"/assessments/{approved.ref}.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{approved.ref}-v1.md"'
    assert "Data protection officer: Dora Protection" in response.text


def test_what_waits_for_the_dpo_is_in_their_work(
    submitted: Assessment, dpo: User, client_of: Clients
) -> None:
    assert f"/decisions/assessment/{submitted.ref}/" in client_of(dpo).get("/work/").text


# --- Saving ----------------------------------------------------------------------------------------------


def test_the_script_saves_and_is_told_the_revision(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    response = edit(client_of(owner), draft, script=True, context__purpose="Changed")
    assert response.json()["revision"] == draft.revision + 1
    assert len(response.json()["saved_at"]) == 5
    assert fresh(draft).parsed.context.purpose == "Changed"


def test_saving_the_page_as_it_stands_changes_nothing(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    assert edit(client_of(owner), draft, script=True).json()["revision"] == draft.revision


def test_an_answer_that_cannot_be_is_refused_beside_its_field(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    response = edit(client_of(owner), draft, script=True, decision__review_date="soon")
    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["decision-review_date"]


def test_without_script_a_wrong_answer_comes_back_with_all_that_was_typed(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    response = edit(client_of(owner), draft, decision__review_date="soon", context__purpose="Typed just now")
    assert response.status_code == 422
    assert "Typed just now" in response.text
    assert fresh(draft).revision == draft.revision


def test_a_text_alone_makes_a_group_affected(draft: Assessment, owner: User, client_of: Clients) -> None:
    edit(client_of(owner), draft, party__workers__description="People at the desk")
    assert "workers" in [party.key for party in fresh(draft).parsed.affected_parties]


def test_measures_are_added_and_removed_by_buttons(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    client = client_of(owner)
    response = edit(client, draft, add_measure="1", context__purpose="Kept")
    assert response["Location"].endswith("#mitigations")
    grown = fresh(draft)
    assert (len(grown.parsed.mitigations), grown.parsed.context.purpose) == (2, "Kept")
    edit(client, grown, remove_measure="a1b2c3d4")
    assert [measure.id for measure in fresh(draft).parsed.mitigations] == [grown.parsed.mitigations[1].id]


def test_dimensions_are_added_and_removed_by_buttons(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    client = client_of(owner)
    edit(client, draft, add_dimension="1", new_dimension="labour")
    assert "labour" in fresh(draft).parsed.impacts
    edit(client, fresh(draft), remove_dimension="labour")
    assert "labour" not in fresh(draft).parsed.impacts


def test_the_articles_dimensions_cannot_be_removed(
    draft: Assessment, owner: User, client_of: Clients
) -> None:
    edit(client_of(owner), draft, remove_dimension="privacy")
    assert fresh(draft).parsed.impacts["privacy"].relevant


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 40])
def test_a_page_without_a_revision_is_not_saved(
    revision: str, draft: Assessment, owner: User, client_of: Clients
) -> None:
    assert edit(client_of(owner), draft, revision=revision).status_code == 400


def test_a_page_of_an_older_version_is_not_saved_into_the_new_one(
    approved: Assessment, owner: User, client_of: Clients
) -> None:
    services.new_version(approved, by=owner)
    response = edit(client_of(owner), approved, script=True, context__purpose="Too late")
    assert response.status_code == 409
    assert "decided since" in response.text


# --- Two people ------------------------------------------------------------------------------------------


@pytest.fixture
def overtaken(draft: Assessment, deputy: User) -> Assessment:
    """The draft as a page shows it, while the deputy has saved another purpose since."""
    context = complete_content().context.model_dump() | {"purpose": "By the deputy"}
    services.save(draft, complete_content(context=context), by=deputy, revision=draft.revision)
    return draft


def test_the_script_is_shown_both_answers_and_saves_nothing(
    overtaken: Assessment, owner: User, client_of: Clients
) -> None:
    response = edit(client_of(owner), overtaken, script=True, context__purpose="By the owner")
    assert response.status_code == 409
    assert "<html" not in response.text
    assert "By the deputy" in response.text.replace("<del>", "").replace("</del>", "")
    assert fresh(overtaken).parsed.context.purpose == "By the deputy"


def test_another_field_is_saved_beside_theirs(overtaken: Assessment, owner: User, client_of: Clients) -> None:
    edit(client_of(owner), overtaken, context__environment="By the owner")
    context = fresh(overtaken).parsed.context
    assert (context.purpose, context.environment) == ("By the deputy", "By the owner")


@pytest.mark.parametrize(("choice", "purpose"), [("mine", "By the owner"), ("theirs", "By the deputy")])
def test_without_script_one_chooses_answer_by_answer(
    choice: str, purpose: str, overtaken: Assessment, owner: User, client_of: Clients
) -> None:
    client = client_of(owner)
    page = edit(client, overtaken, context__purpose="By the owner", context__environment="Also by the owner")
    assert page.status_code == 409
    answer = {
        "merged": page.context["merged"],
        "revision": page.context["assessment"].revision,
        "version": 1,
        "take:context.purpose": choice,
    }
    assert client.post(f"/assessments/{overtaken.ref}/merge/", answer).status_code == 302
    context = fresh(overtaken).parsed.context
    assert (context.purpose, context.environment) == (purpose, "Also by the owner")


def test_a_third_save_while_choosing_is_noticed_too(
    overtaken: Assessment, owner: User, deputy: User, client_of: Clients
) -> None:
    client = client_of(owner)
    page = edit(client, overtaken, context__purpose="By the owner")
    now = fresh(overtaken)
    context = now.parsed.context.model_dump() | {"purpose": "By the deputy again"}
    services.save(now, complete_content(context=context), by=deputy, revision=now.revision)
    answer = {
        "merged": page.context["merged"],
        "revision": now.revision,
        "version": 1,
        "take:context.purpose": "mine",
    }
    assert client.post(f"/assessments/{overtaken.ref}/merge/", answer).status_code == 409
    assert fresh(overtaken).parsed.context.purpose == "By the deputy again"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"merged": "{}", "revision": "x"},
        {"merged": "[]", "revision": "1"},
        {"merged": "{}", "revision": "1", "take:context.purpose.deeper": "theirs"},
        {"merged": "{}", "revision": "1", "take:__class__": "theirs"},
        {"merged": "{", "revision": "1"},
    ],
)
def test_choices_that_cannot_be_read_are_refused(
    answer: dict[str, str], draft: Assessment, owner: User, client_of: Clients
) -> None:
    assert (
        client_of(owner).post(f"/assessments/{draft.ref}/merge/", {"version": 1} | answer).status_code == 400
    )


# --- Text of others --------------------------------------------------------------------------------------


def test_hostile_text_is_harmless_on_every_page(
    system: AISystem, owner: User, dpo: User, client_of: Clients
) -> None:
    evil = "</textarea><script>alert(1)</script>"
    context = dict.fromkeys(complete_content().context.model_dump(), evil)
    measure = complete_content().mitigations[0].model_dump() | {"title": evil, "owner": evil}
    content = complete_content(context=context, mitigations=[measure])
    begun = services.begin(system, by=owner)
    services.save(begun, content, by=owner, revision=begun.revision)
    pages = [client_of(owner).get(f"/assessments/{begun.ref}/{path}").text for path in ("", "edit/")]
    services.submit(begun, by=owner)
    pages.append(client_of(dpo).get(f"/decisions/assessment/{begun.ref}/").text)
    signoff = sign("assessment", begun.ref, "dpo", dpo)
    pages.append(client_of(dpo).get(signoff.get_absolute_url()).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "alert(1)" in page
