"""`manage.py load_catalogue` brings the database to what the files say, once and again."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from aims.controls.catalogue import FOLDER
from aims.controls.models import Clause, Control

pytestmark = pytest.mark.django_db


def load(folder: Path = FOLDER) -> str:
    out = StringIO()
    call_command("load_catalogue", folder=folder, stdout=out)
    return out.getvalue()


def test_first_load_makes_controls_and_clauses() -> None:
    assert load() == "Catalogue: 81 new, 0 changed, 0 as they were.\n"
    assert (Control.objects.count(), Clause.objects.count()) == (38, 43)
    clause = Clause.objects.get(ref="6.1.3")
    assert clause.parent is not None
    assert clause.parent.ref == "6.1"
    assert Control.objects.get(ref="A.4.2").clauses.filter(ref="4.3").exists()


def test_second_load_changes_nothing() -> None:
    load()
    assert load() == "Catalogue: 0 new, 0 changed, 81 as they were.\n"


def test_what_was_edited_by_hand_is_brought_back() -> None:
    load()
    Control.objects.filter(ref="A.2.2").update(title="Something else")
    Clause.objects.get(ref="4.3").controls.clear()
    assert load() == "Catalogue: 0 new, 2 changed, 79 as they were.\n"
    assert Control.objects.get(ref="A.2.2").title == "AI policy"


def test_what_left_the_catalogue_stays_and_is_told() -> None:
    load()
    Control.objects.create(**{**Control.objects.values().first(), "id": None, "ref": "A.99.1"})
    assert "No longer in the catalogue, but kept" in load()
    assert Control.objects.filter(ref="A.99.1").exists()


def test_broken_files_change_nothing(tmp_path: Path) -> None:
    load()
    folder = Path(shutil.copytree(FOLDER, tmp_path / "catalogue"))
    path = folder / "iso42001-annex-a.yaml"
    path.write_text(
        path.read_text().replace("AI policy", "Another title", 1).replace("area: A.3", "area: A.33", 1)
    )
    with pytest.raises(CommandError, match=r"there is no area 'A\.33'") as error:
        load(folder)
    assert error.value.returncode == 2
    assert Control.objects.get(ref="A.2.2").title == "AI policy"
