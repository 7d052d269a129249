"""Many files at once, ZIP files, and the command line."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError
from django.test import Client
from django.urls import reverse

from aims.accounts.models import Team, User
from registry.imports.mapping import Mapping, remember
from registry.models import AISystem, ImportBatch
from tests.registry.test_imports import run

pytestmark = pytest.mark.django_db


def record(slug: str, owner: str = "team-ai-platform") -> str:
    return f"id: {slug}\nname: {slug.capitalize()}\nowner: {owner}\n"


def zipped(**files: str | bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return kept.getvalue()


def send(client: Client, **files: bytes) -> Any:
    uploaded = [SimpleUploadedFile(name, data) for name, data in files.items()]
    return client.post(reverse("registry:imports"), {"files": uploaded}, follow=True)


def test_a_zip_is_imported_file_by_file(client_of: Callable[[User], Client], owner: User) -> None:
    data = zipped(**{
        "systems/a.yaml": record("a"),
        "systems/b.yml": record("b"),
        "README.md": "x",
        "../c.yaml": record("c"),
        "inner.zip": zipped(**{"d.yaml": record("d")}),
        "broken.yaml": "id: [",
        "large.yaml": "#" * 2_000_000,
    })  # fmt: skip
    page = send(client_of(owner), **{"all.zip": data})
    by_name = {row.source: row for row in ImportBatch.objects.get().rows.all()}
    assert [name for name, row in by_name.items() if row.status == "new"] == [
        "all.zip/systems/a.yaml", "all.zip/systems/b.yml",
    ]  # fmt: skip
    assert "leads out of the archive" in by_name["all.zip/../c.yaml"].problems[0][2]
    assert "is not opened" in by_name["all.zip/inner.zip"].problems[0][2]
    assert by_name["all.zip/broken.yaml"].status == by_name["all.zip/large.yaml"].status == "refused"
    assert "One file in the ZIP is not YAML and was passed over: README.md." in page.content.decode()


def test_a_zip_without_records_says_so(client_of: Callable[[User], Client], owner: User) -> None:
    page = send(client_of(owner), **{"all.zip": zipped(**{"README.md": "x"})})
    assert (page.status_code, ImportBatch.objects.exists()) == (422, False)
    assert "There is no YAML file in it" in page.content.decode()


def test_five_hundred_files_are_taken_and_one_more_is_not(
    client_of: Callable[[User], Client], owner: User
) -> None:
    client = client_of(owner)
    files = {f"{n}.yaml": record(f"s-{n}").encode() for n in range(501)}
    assert "at most 500 files" in send(client, **files).content.decode()
    files.pop("500.yaml")
    send(client, **files)
    batch = ImportBatch.objects.get()
    client.post(batch.get_absolute_url(), {"seen": batch.fingerprint})
    assert AISystem.objects.count() == 500


def test_files_with_one_id_are_both_refused(client_of: Callable[[User], Client], owner: User) -> None:
    send(client_of(owner), **{"a.yaml": record("a").encode(), "b.yaml": record("a").encode()})
    assert [row.status for row in ImportBatch.objects.get().rows.all()] == ["refused", "refused"]


# --- What the portal itself gives out ---------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "xlsx", "zip"])
def test_what_the_list_gives_out_comes_back_unchanged(
    client_of: Callable[[User], Client], owner: User, make_system: Callable[..., AISystem], format: str
) -> None:
    make_system(
        slug="full",
        name="=cmd|' /C calc'!A0",
        purpose="- sorting; + answering",
        data_sensitivity="special_category",
        regions=["eu-west-1", "eu-west-2"],
        training_sources=[{"name": "letters", "source": "the archive", "pii": True}],
        rag_sources=[{"name": "handbook", "location": "s3://kb/", "retention_days": 30}, {"name": "tickets"}],
        decommission_date="2027-06-30",
    )
    make_system(slug="plain")
    client = client_of(owner)
    url = "/systems/records.zip" if format == "zip" else f"/systems/?format={format}"
    answer = client.get(url)
    page = send(client, **{f"systems.{format}": b"".join(answer)})
    assert "What would change" in page.content.decode(), "no column is asked about"
    by_id = {
        row.slug: (row.status, row.changes, row.problems) for row in ImportBatch.objects.get().rows.all()
    }
    assert by_id == {"full": ("unchanged", [], []), "plain": ("unchanged", [], [])}


# --- The command line --------------------------------------------------------------------------------------

SHEET = "id,name,owner,risk,Remarks\na,A,team-ai-platform,severe,x\nb,,team-ai-platform,low,y\n"


def test_the_command_imports_a_sheet_whose_columns_are_clear(team: Team, tmp_path: Path) -> None:
    file = tmp_path / "systems.csv"
    file.write_text("id,name,owner\na,A,team-ai-platform\n")
    code, out, _err = run("import", str(file), "--json")
    assert (code, json.loads(out)[0]["file"], AISystem.objects.get().slug) == (
        0, f"{file}, row 2", "a",
    )  # fmt: skip


def test_the_command_says_what_is_not_clear_and_takes_a_mapping(team: Team, tmp_path: Path) -> None:
    file, mapping = tmp_path / "systems.csv", tmp_path / "mapping.json"
    file.write_text(SHEET)
    with pytest.raises(CommandError) as unclear:
        run("import", str(file))
    assert "“Remarks”" in str(unclear.value)
    assert "“severe”" in str(unclear.value)
    assert not ImportBatch.objects.exists()

    mapping.write_text(
        json.dumps({"columns": {"Remarks": ""}, "meanings": {"classification.risk_tier": {"Severe": "high"}}})
    )
    code, out, err = run("import", str(file), "--mapping", str(mapping), "--json")
    assert (code, AISystem.objects.exists()) == (2, False)
    assert json.loads(out)[1]["errors"] == [
        {"line": 3, "column": 2, "message": "“Name” is empty, and a new system needs it."}
    ]
    assert "Nothing was written" in err
    assert run("import", str(file), "--mapping", str(mapping), "--leave-out-refused")[0] == 0
    assert AISystem.objects.get().risk_tier == "high"


@pytest.mark.parametrize(
    "said",
    ["no json", "[]", '{"columns": {"Other": ""}}', '{"columns": {"Remarks": "x.y"}}', '{"dates": "x"}'],
)
def test_a_mapping_that_says_nothing_is_refused(team: Team, tmp_path: Path, said: str) -> None:
    file, mapping = tmp_path / "systems.csv", tmp_path / "mapping.json"
    file.write_text(SHEET)
    mapping.write_text(said)
    with pytest.raises(CommandError, match="is no mapping"):
        run("import", str(file), "--mapping", str(mapping))


def test_the_command_reads_a_sheet_as_it_was_read_last(team: Team, tmp_path: Path, owner: User) -> None:
    file = tmp_path / "systems.csv"
    file.write_text("id,name,owner,Remarks\na,A,team-ai-platform,x\n")
    mapping = Mapping(("id", "name", "owner", "classification.purpose"))
    remember(["id", "name", "owner", "Remarks"], mapping, by=owner)
    assert run("import", str(file))[0] == 0
    assert AISystem.objects.get().purpose == "x"


def test_the_command_imports_a_zip_and_keeps_nothing_of_a_dry_run(team: Team, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    file.write_bytes(zipped(**{"a.yaml": record("a")}))
    code, _out, err = run("import", str(file), "--dry-run")
    assert (code, ImportBatch.objects.exists(), AISystem.objects.exists()) == (0, False, False)
    assert "1 new" in err
    assert run("import", str(file))[0] == 0
    assert AISystem.objects.get().slug == "a"


def test_the_command_refuses_a_sheet_that_cannot_be_read(db: None, tmp_path: Path) -> None:
    file = tmp_path / "old.xls"
    file.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(CommandError, match="old Excel"):
        run("import", str(file))
    with pytest.raises(CommandError, match="no file"):
        run("import", str(tmp_path / "nowhere.csv"))
