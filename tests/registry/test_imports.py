"""Importing YAML files: the preview, the whole or nothing, and what is not believed."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from aims.accounts.models import Team, User
from registry import documents, snapshots
from registry.imports import applying
from registry.models import AISystem, ImportBatch
from registry.services import system_update
from registry.yaml_writer import dump_yaml

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(client_of: Callable[[User], Client]) -> Callable[..., Any]:
    """person, {file name: bytes} -> the page that follows the upload."""

    def send(person: User, files: dict[str, bytes]) -> Any:
        posted = [SimpleUploadedFile(name, data) for name, data in files.items()]
        return client_of(person).post(reverse("registry:imports"), {"files": posted}, follow=True)

    return send


def confirm(client: Client, page: Any, **extra: str) -> Any:
    seen = page.context["batch"].fingerprint
    return client.post(page.request["PATH_INFO"], {"seen": seen, **extra}, follow=True)


def test_the_preview_tells_what_is_not_believed(upload: Any, owner: User, article_record: bytes) -> None:
    page = upload(owner, {"record.yaml": article_record})
    text = page.content.decode()
    assert "Claims that the portal cannot confirm" in text
    for claim in ("IA-2026-014", "2026-01-15", "cto, dpo", "Production"):
        assert claim in text
    assert not AISystem.objects.exists()


def test_confirming_imports_and_keeps_the_claims_in_the_history(
    upload: Any, client_of: Any, owner: User, article_record: bytes
) -> None:
    page = upload(owner, {"record.yaml": article_record})
    done = confirm(client_of(owner), page)
    assert done.status_code == 200
    system = AISystem.objects.get(slug="claude-rag-assistant")
    assert (system.stage, system.team.slug) == ("draft", "team-ai-platform")
    assert "governance.approved_by = cto, dpo" in AISystem.history.get(id=system.pk).history_change_reason


def test_one_refused_file_stops_the_whole_import(
    upload: Any, client_of: Any, owner: User, article_record: bytes
) -> None:
    page = upload(owner, {"good.yaml": article_record, "bad.yaml": b"id: x\nname: [unclosed\n"})
    assert "Nothing can be imported like this" in page.content.decode()
    refused = confirm(client_of(owner), page)
    assert refused.status_code == 409
    assert not AISystem.objects.exists()


def test_a_failure_in_the_middle_leaves_nothing_behind(
    upload: Any, client_of: Any, owner: User, article_record: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = article_record.replace(b"claude-rag-assistant", b"second-assistant")
    page = upload(owner, {"a.yaml": article_record, "b.yaml": second})
    monkeypatch.setattr(applying, "BATCH", 1)
    refresh = snapshots.refresh

    def fail_on_the_second(systems: list[AISystem]) -> None:
        if systems[0].slug == "second-assistant":
            raise RuntimeError("the disk is full")
        refresh(systems)

    monkeypatch.setattr(snapshots, "refresh", fail_on_the_second)
    client = client_of(owner)
    client.raise_request_exception = False
    assert confirm(client, page).status_code == 500
    assert not AISystem.objects.exists()
    assert not ImportBatch.objects.filter(applied_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"id: a\nid: b\nname: A\nowner: team\n", "twice"),
        (b"id: a\nname: A\nowner: team-ai-platform\ncolour: red\n", "colour"),
        (b"id: !!python/object:os.system a\n", "Tags"),
        (b"a: &a [x]\nb: *a\n", "Anchors"),
        (b"x" * (2 * 1024 * 1024), "1 MiB"),
        (b"", "empty"),
    ],
    ids=["encoding", "duplicate key", "unknown key", "tag", "anchor", "size", "empty"],
)
def test_a_bad_file_is_refused_with_line_and_advice(
    upload: Any, owner: User, data: bytes, words: str
) -> None:
    text = upload(owner, {"bad.yaml": data}).content.decode()
    assert "Refused" in text
    assert "Line 1" in text or "Line 2" in text or "Line 4" in text
    assert words in text


def test_a_team_member_cannot_import_for_another_team(
    upload: Any, stranger: User, team: Team, article_record: bytes
) -> None:
    assert "You are not in the team" in upload(stranger, {"record.yaml": article_record}).content.decode()


def test_an_id_of_a_hidden_system_is_refused_without_a_word_about_it(
    upload: Any, stranger: User, make_system: Any, article_record: bytes
) -> None:
    hidden = make_system(slug="claude-rag-assistant", name="Something secret")
    mine = article_record.replace(b"team-ai-platform", b"team-elsewhere")
    text = upload(stranger, {"record.yaml": mine}).content.decode()
    assert "belongs to a system that you may not change" in text
    assert hidden.name not in text


def test_an_unknown_team_is_proposed_and_made_on_confirming(
    upload: Any, client_of: Any, lead: User, article_record: bytes
) -> None:
    page = upload(lead, {"record.yaml": article_record})
    assert "There is no team “team-ai-platform” yet" in page.content.decode()
    assert not Team.objects.exists()
    confirm(client_of(lead), page)
    assert Team.objects.get().lead == lead


def test_an_unknown_team_is_refused_to_who_cannot_create_teams(
    upload: Any, owner: User, article_record: bytes
) -> None:
    other = article_record.replace(b"team-ai-platform", b"team-nowhere")
    assert "There is no team “team-nowhere”" in upload(owner, {"r.yaml": other}).content.decode()


def test_a_change_between_preview_and_confirming_is_not_overwritten(
    upload: Any, client_of: Any, owner: User, make_system: Any, record_of: Any
) -> None:
    system = make_system()
    record = documents.record_of(system) | {"name": "From the file"}
    page = upload(owner, {"record.yaml": dump_yaml(record).encode()})

    system_update(system, record_of(system, name="In between"), team=system.team, by=owner, revision=1)
    answer = confirm(client_of(owner), page)
    assert answer.status_code == 409
    system.refresh_from_db()
    assert system.name == "In between"


def test_importing_twice_changes_nothing(
    upload: Any, client_of: Any, owner: User, article_record: bytes
) -> None:
    confirm(client_of(owner), upload(owner, {"record.yaml": article_record}))
    page = upload(owner, {"record.yaml": article_record})
    assert "Unchanged" in page.content.decode()
    assert AISystem.objects.get().revision == 1


def test_a_material_change_of_a_system_in_use_asks_for_a_reason(
    upload: Any, client_of: Any, owner: User, production_system: AISystem
) -> None:
    record = documents.record_of(production_system)
    record["classification"]["data_sensitivity"] = "special_category"
    page = upload(owner, {"record.yaml": dump_yaml(record).encode()})
    client = client_of(owner)
    assert confirm(client, page).status_code == 422
    assert confirm(client, page, reason="Health data turned up").status_code == 200
    production_system.refresh_from_db()
    assert production_system.data_sensitivity == "special_category"


def test_somebody_elses_import_cannot_be_seen(
    upload: Any, client_of: Any, owner: User, deputy: User, article_record: bytes
) -> None:
    page = upload(owner, {"record.yaml": article_record})
    assert client_of(deputy).get(page.request["PATH_INFO"]).status_code == 404


def run(*args: str) -> tuple[int, Any, str]:
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("registry", *args, stdout=out, stderr=err)
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


def test_the_command_imports_as_its_own_account(team: Team, tmp_path: Path, article_record: bytes) -> None:
    file = tmp_path / "record.yaml"
    file.write_bytes(article_record)
    code, out, _err = run("import", str(file), "--json")
    (row,) = json.loads(out)
    assert (code, row["status"], row["id"]) == (0, "new", "claude-rag-assistant")
    assert {claim["path"] for claim in row["claims"]} >= {"governance.approved_by", "lifecycle.stage"}
    assert AISystem.objects.get().edited_by.email == "command-line@aims.invalid"


def test_the_command_makes_no_team_in_silence(db: None, tmp_path: Path, article_record: bytes) -> None:
    file = tmp_path / "record.yaml"
    file.write_bytes(article_record)
    with pytest.raises(CommandError, match="--create-teams"):
        run("import", str(file))
    assert run("import", str(file), "--create-teams")[0] == 0
    assert AISystem.objects.get().team.slug == "team-ai-platform"


def test_the_command_imports_nothing_if_one_file_is_bad(
    team: Team, tmp_path: Path, article_record: bytes
) -> None:
    (tmp_path / "a.yaml").write_bytes(article_record)
    (tmp_path / "b.yaml").write_bytes(b"id: [")
    code, out, _err = run("import", str(tmp_path), "--json")
    assert code == 2
    assert [row["status"] for row in json.loads(out)] == ["new", "refused"]
    assert not AISystem.objects.exists()


def test_what_the_command_exports_it_imports_unchanged(make_system: Any, tmp_path: Path) -> None:
    make_system(), make_system(data_sensitivity="pii")
    assert run("export", str(tmp_path / "out"))[0] == 0
    code, out, _err = run("import", str(tmp_path / "out"), "--json")
    assert code == 0
    assert {row["status"] for row in json.loads(out)} == {"unchanged"}
