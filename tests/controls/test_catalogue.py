"""The reference files agree with each other, and the loader tells what is wrong with ones that do not."""

import shutil
from pathlib import Path

import pytest

from aims.controls.catalogue import FOLDER, CatalogueError, read
from aims.policy.policies import shipped
from tests.controls.catalogue_checks import CHECKS, FILES, Check, Files, load, wrong_text


@pytest.fixture(scope="module")
def files() -> Files:
    return load(FOLDER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files, to be broken."""
    return Path(shutil.copytree(FOLDER, tmp_path / "catalogue"))


def edit(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / f"{name}.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_is_wrong_with_the_files(check: Check, files: Files) -> None:
    assert list(check(files)) == []


@pytest.mark.parametrize("name", FILES)
def test_files_are_written_well(name: str) -> None:
    assert list(wrong_text(name, (FOLDER / f"{name}.yaml").read_text())) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_checks_notice_a_control_that_is_gone(check: Check, files: Files) -> None:
    """Every file refers to controls: rename them all, and every check has something to say."""
    annex = files["iso42001-annex-a"]
    renamed = [{**control, "ref": f"{control['ref']}x", "area": "A.99"} for control in annex["controls"]]
    assert list(check({**files, "iso42001-annex-a": {**annex, "controls": renamed}}))


def test_rules_name_controls_of_the_catalogue() -> None:
    refs = {control.ref for control in read().controls}
    assert {rule.control for rule in shipped().rules} <= refs


def test_read_gives_all_controls_with_their_crosswalks() -> None:
    catalogue = read()
    assert (len(catalogue.controls), len(catalogue.clauses), len(catalogue.areas)) == (38, 43, 9)
    standards = {reference.standard for reference in catalogue.references["A.4.2"]}
    assert standards == {"iso27001", "eu_ai_act", "nist_ai_rmf"}
    assert all(reference.title for entries in catalogue.references.values() for reference in entries)


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        (
            "iso42001-annex-a",
            "automatable: partial",
            "automatable: maybe",
            "iso42001-annex-a.yaml: controls.0.automatable",
        ),
        ("iso42001-annex-a", "area: A.2\n", "area: A.77\n", "A.2.2: there is no area 'A.77'"),
        ("iso42001-annex-a", "ref: A.2.3\n", "ref: A.2.2\n", "a number is given twice"),
        (
            "iso42001-clauses",
            "related_controls: [A.4.2]",
            "related_controls: [A.4.99]",
            "there is no control 'A.4.99'",
        ),
        (
            "crosswalk-iso27001",
            "iso27001_controls: [A.5.1]",
            "iso27001_controls: [A.9.9]",
            "iso27001 has no entry 'A.9.9'",
        ),
        ("crosswalk-eu-ai-act", "control: A.2.2", "control: A.0.0", "there is no control 'A.0.0'"),
        ("crosswalk-nist-ai-rmf", "catalogue:", "catalogue: [", "crosswalk-nist-ai-rmf.yaml: cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    folder: Path, name: str, before: str, after: str, told: str
) -> None:
    edit(folder, name, before, after)
    with pytest.raises(CatalogueError) as error:
        read(folder)
    assert told in str(error.value)


def test_missing_files_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as error:
        read(tmp_path)
    assert len(error.value.problems) == 6
