"""The reference files in `catalogue/`, read and checked: controls, clauses and their crosswalks.

The files say in their heads where their content comes from. This reads what the portal shows and knows no
database; `services.catalogue_load` writes it there.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError

FOLDER = Path(__file__).parent / "catalogue"

Text = Annotated[str, Field(min_length=1)]


class CatalogueError(Exception):
    """The files cannot be used. `problems` lists each as “file: where: what”."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of another standard or law to which a control is related."""

    standard: Literal["iso27001", "eu_ai_act", "nist_ai_rmf"]
    ref: str
    title: str
    strength: str
    """ISO/IEC 27001: how much can be reused (high, medium, low). AI Act: strong, partial, weak.
    NIST AI RMF: official (NIST's own crosswalk) or additional (ours)."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that the files say. `areas` and `references` are by area and by control."""

    controls: tuple["ControlEntry", ...]
    clauses: tuple["ClauseEntry", ...]
    areas: Mapping[str, "AreaEntry"]
    references: Mapping[str, tuple[Reference, ...]]
    standard: str
    checked_on: dt.date


class _Head(BaseModel):
    standard: Text
    checked_on: dt.date


class _Group(BaseModel):
    ref: Text
    title: Text


class AreaEntry(BaseModel):
    ref: Text
    title: Text
    objective: Text
    groups: list[_Group] = []


class ControlEntry(BaseModel):
    ref: Text
    title: Text
    area: Text
    group: str | None = None
    summary: Text
    evidence_examples: Annotated[list[Text], Field(min_length=1)]
    automatable: Literal["full", "partial", "manual"]
    automation_hint: Text


class ClauseEntry(BaseModel):
    ref: Text
    title: Text
    parent: str | None
    summary: Text
    documented_information: str | None
    related_controls: list[str]


class _AnnexA(BaseModel):
    catalogue: _Head
    areas: list[AreaEntry]
    controls: list[ControlEntry]


class _Clauses(BaseModel):
    catalogue: _Head
    clauses: list[ClauseEntry]


class _Iso27001Mapping(BaseModel):
    control: Text
    iso27001_controls: list[str]
    iso27001_clauses: list[str]
    reuse: Literal["high", "medium", "low", "none"]
    why: Text


class _Iso27001Titles(BaseModel):
    controls: dict[str, Text]
    clauses: dict[str, Text]


class _Iso27001(BaseModel):
    mappings: list[_Iso27001Mapping]
    iso27001_titles: _Iso27001Titles


class _ArticleLink(BaseModel):
    article: Text
    strength: Literal["strong", "partial", "weak"]
    why: Text


class _AiActMapping(BaseModel):
    control: Text
    articles: list[_ArticleLink]


class _AiActCrosswalk(BaseModel):
    mappings: list[_AiActMapping]


class _Article(BaseModel):
    ref: Text
    title: Text


class _AiAct(BaseModel):
    articles: list[_Article]


class _NistMapping(BaseModel):
    control: Text
    official: list[str]
    additional: list[str] = []
    additional_why: str = ""


class _Subcategory(BaseModel):
    ref: Text
    line: Text


class _Nist(BaseModel):
    subcategories: list[_Subcategory]
    mappings: list[_NistMapping]


_FILES: dict[str, type[BaseModel]] = {
    "iso42001-annex-a": _AnnexA,
    "iso42001-clauses": _Clauses,
    "crosswalk-iso27001": _Iso27001,
    "crosswalk-eu-ai-act": _AiActCrosswalk,
    "crosswalk-nist-ai-rmf": _Nist,
    "eu-ai-act": _AiAct,
}


def read(folder: Path = FOLDER) -> Catalogue:
    """Read the catalogue. Raises CatalogueError with everything that is wrong with the files."""
    files: dict[str, Any] = {}
    problems: list[str] = []
    for name, shape in _FILES.items():
        try:
            text = (folder / f"{name}.yaml").read_text("utf-8")
            files[name] = shape.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            problems.append(f"{name}.yaml: cannot be read: {error}")
        except ValidationError as error:
            problems += [
                f"{name}.yaml: {'.'.join(map(str, problem['loc'])) or 'whole file'}: {problem['msg']}"
                for problem in error.errors()
            ]
    if problems:
        raise CatalogueError(problems)
    annex, clauses = files["iso42001-annex-a"], files["iso42001-clauses"].clauses
    titles = files["crosswalk-iso27001"].iso27001_titles
    articles = {article.ref: article.title for article in files["eu-ai-act"].articles}
    subcategories = {entry.ref: entry.line for entry in files["crosswalk-nist-ai-rmf"].subcategories}
    problems = list(_dangling(annex, clauses))
    references: dict[str, list[Reference]] = defaultdict(list)
    for control, reference, known in _references(files, titles, articles, subcategories):
        references[control].append(reference)
        if not known:
            problems.append(f"crosswalk of {control}: {reference.standard} has no entry {reference.ref!r}")
    refs = {control.ref for control in annex.controls}
    problems += [f"crosswalk: there is no control {control!r}" for control in references.keys() - refs]
    if problems:
        raise CatalogueError(problems)
    return Catalogue(
        controls=tuple(annex.controls),
        clauses=tuple(clauses),
        areas={area.ref: area for area in annex.areas},
        references={control: tuple(entries) for control, entries in references.items()},
        standard=annex.catalogue.standard,
        checked_on=annex.catalogue.checked_on,
    )


def _dangling(annex: _AnnexA, clauses: list[ClauseEntry]) -> Iterator[str]:
    """References within the standard that lead nowhere, and numbers given twice."""
    areas = {area.ref: {group.ref for group in area.groups} for area in annex.areas}
    controls = {control.ref for control in annex.controls}
    if len(controls) < len(annex.controls):
        yield "iso42001-annex-a.yaml: controls: a number is given twice"
    for control in annex.controls:
        if control.area not in areas:
            yield f"iso42001-annex-a.yaml: {control.ref}: there is no area {control.area!r}"
        elif control.group is not None and control.group not in areas[control.area]:
            yield f"iso42001-annex-a.yaml: {control.ref}: there is no group {control.group!r}"
    above: set[str] = set()
    for clause in clauses:
        where = f"iso42001-clauses.yaml: {clause.ref}"
        if clause.ref in above:
            yield f"{where}: the number is given twice"
        if clause.parent is not None and clause.parent not in above:
            yield f"{where}: there is no clause {clause.parent!r} above it"
        for ref in clause.related_controls:
            if ref not in controls:
                yield f"{where}: there is no control {ref!r}"
        above.add(clause.ref)


def _references(
    files: dict[str, Any], titles: _Iso27001Titles, articles: dict[str, str], subcategories: dict[str, str]
) -> Iterator[tuple[str, Reference, bool]]:
    """(control, reference, whether the reference exists), standard by standard."""
    for mapping in files["crosswalk-iso27001"].mappings:
        for known, refs, prefix in (
            (titles.clauses, mapping.iso27001_clauses, "Clause "),
            (titles.controls, mapping.iso27001_controls, ""),
        ):
            for ref in refs:
                title = known.get(ref, "")
                yield (
                    mapping.control,
                    Reference("iso27001", prefix + ref, title, mapping.reuse, mapping.why),
                    bool(title),
                )
    for mapping in files["crosswalk-eu-ai-act"].mappings:
        for link in mapping.articles:
            title = articles.get(link.article, "")
            yield (
                mapping.control,
                Reference("eu_ai_act", link.article, title, link.strength, link.why),
                bool(title),
            )
    for mapping in files["crosswalk-nist-ai-rmf"].mappings:
        for refs, strength, why in (
            (mapping.official, "official", ""),
            (mapping.additional, "additional", mapping.additional_why),
        ):
            for ref in refs:
                line = subcategories.get(ref, "")
                yield mapping.control, Reference("nist_ai_rmf", ref, line, strength, why), bool(line)
