"""The edit form under wrong, stale and hostile input."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aims.accounts.models import Team, User
from registry import documents
from registry.models import AISystem
from tests.page_forms import posted

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def full_system(make_system: Callable[..., AISystem]) -> AISystem:
    """A system with an answer of each kind in each field."""
    return make_system(
        data_sensitivity="pii",
        risk_tier="high",
        in_scope=False,
        regions=["eu-west-1", "eu-west-2"],
        endpoint="https://api.example.com/v1",
        training_sources=[
            {"name": "letters", "pii": True, "license": "own"},
            {"name": "forms", "pii": False},
            {"name": "unasked"},
        ],
        rag_sources=[
            {"name": "tickets", "pii": True, "retention_days": 0, "versioning": True},
            {"name": "handbook", "pii": False, "object_lock": True, "access_logging": True},
            {"name": "unasked"},
        ],
        logs={"captured": ["prompts"], "retention_days": 0, "readers": ["team"]},
        decommission_date="2031-01-31",
    )


def test_saving_what_the_edit_form_shows_changes_nothing(
    full_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    client, address = client_of(owner), f"/systems/{full_system.slug}/edit/"
    before = documents.record_of(full_system)
    response = client.post(address, posted(client.get(address).text, holding="purpose"))
    assert response.status_code == 302
    full_system.refresh_from_db()
    assert documents.record_of(full_system) == before
    assert full_system.revision == 1


def test_an_id_that_is_taken_is_said_in_the_form(
    full_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    client = client_of(owner)
    shown = posted(client.get("/systems/new/").text, holding="slug")
    given = {"slug": full_system.slug, "name": "Another", "team": str(full_system.team_id)}
    response = client.post("/systems/new/", shown | given)
    assert response.status_code == 422
    assert "There is a system with this id already" in response.text
    assert AISystem.objects.count() == 1


@pytest.mark.parametrize(
    "field",
    ["name", "regions", "affected_parties", "logs_captured", "rag-0-name", "rag-0-location", "reason"],
)
def test_a_nul_is_refused_beside_its_field(
    field: str, full_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    client, address = client_of(owner), f"/systems/{full_system.slug}/edit/"
    shown = posted(client.get(address).text, holding="purpose")
    response = client.post(address, shown | {field: "a\x00b"})
    assert response.status_code == 422
    assert "Null characters are not allowed" in response.text
    full_system.refresh_from_db()
    assert full_system.revision == 1


@pytest.mark.parametrize("reason", ["a\x00b", "long " * 500])
def test_a_step_is_not_taken_without_the_reason_that_was_given(
    reason: str, full_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    address = f"/systems/{full_system.slug}/promotion/"
    for transition, stage in (("assess", "draft"), ("retire", "draft")):
        response = client_of(owner).post(address, {"transition": transition, "reason": reason})
        assert response.status_code == 422
        full_system.refresh_from_db()
        assert full_system.stage == stage


@pytest.mark.parametrize("reason", ["a\x00b", "long " * 500])
def test_nothing_is_imported_for_a_reason_that_cannot_be_kept(
    reason: str, team: Team, owner: User, client_of: ClientOf, article_record: bytes
) -> None:
    client = client_of(owner)
    page = client.post("/import/", {"files": SimpleUploadedFile("a.yaml", article_record)}, follow=True)
    shown = posted(page.text, holding="seen")
    response = client.post(page.request["PATH_INFO"], shown | {"reason": reason})
    assert response.status_code == 422
    assert not AISystem.objects.exists()


@pytest.mark.parametrize(
    "value",
    ['"\\ud83d"', '[{"name": "a\\u0000b"}]', "[" * 20_000, '"' + "x" * 300_000 + '"', "1e999", "NaN", "{}"],
)
def test_the_back_office_refuses_json_that_is_no_list_of_sources(
    value: str, full_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    client, address = client_of(owner), f"/admin/registry/aisystem/{full_system.pk}/change/"
    shown = posted(client.get(address).text, holding="_save")
    response = client.post(address, shown | {"training_sources": value, "_save": "Save"})
    assert response.status_code == 200
    assert "training_sources" in response.context["adminform"].form.errors
    full_system.refresh_from_db()
    assert full_system.revision == 1


@pytest.mark.parametrize(
    ("field", "character"),
    # In a list of lines, a vertical tab is the end of a line.
    [("purpose", "\x0b"), ("purpose", "\ufffe"), ("regions", "\x07"), ("rag-0-location", "\x1b")],
)
def test_what_no_file_could_hold_is_refused_in_the_form_too(
    field: str, character: str, full_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    client, address = client_of(owner), f"/systems/{full_system.slug}/edit/"
    shown = posted(client.get(address).text, holding="purpose")
    response = client.post(address, shown | {field: f"a{character}b"})
    assert response.status_code == 422
    assert f"remove the invisible character U+{ord(character):04X}" in response.text


def test_the_largest_record_can_be_edited_in_the_form(
    make_system: Callable[..., AISystem], owner: User, client_of: ClientOf
) -> None:
    sources = [{"name": f"source {number}"} for number in range(200)]
    system = make_system(training_sources=sources, rag_sources=sources)
    client, address = client_of(owner), f"/systems/{system.slug}/edit/"
    shown = posted(client.get(address).text, holding="purpose")
    assert client.post(address, shown | {"purpose": "another"}).status_code == 302
    system.refresh_from_db()
    assert (len(system.training_sources), len(system.rag_sources)) == (200, 200)


@pytest.mark.parametrize(("number", "status"), [(150, 302), (501, 422)])
def test_the_import_page_takes_as_many_files_as_it_says(
    number: int, status: int, owner: User, client_of: ClientOf
) -> None:
    files = [SimpleUploadedFile(f"{place}.yaml", b"id: one") for place in range(number)]
    assert client_of(owner).post("/import/", {"files": files}).status_code == status


def test_no_system_takes_the_address_of_the_form(team: Team, owner: User, client_of: ClientOf) -> None:
    client = client_of(owner)
    shown = posted(client.get("/systems/new/").text, holding="slug")
    response = client.post("/systems/new/", shown | {"slug": "new", "name": "New", "team": str(team.pk)})
    assert response.status_code == 422
    assert not AISystem.objects.exists()
