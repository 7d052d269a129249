"""What has to hold within and between the reference files; each check yields what is wrong."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

FILES = [
    "iso42001-annex-a",
    "iso42001-clauses",
    "iso42001-annex-c",
    "crosswalk-iso27001",
    "crosswalk-eu-ai-act",
    "crosswalk-nist-ai-rmf",
    "eu-ai-act",
    "gap-checklist",
    "impact-taxonomy",
]
AREA_COUNTS = {"A.2": 3, "A.3": 2, "A.4": 5, "A.5": 4, "A.6": 9, "A.7": 5, "A.8": 4, "A.9": 3, "A.10": 3}
NIST_COUNTS = {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13}
_CLAUSES = (
    "4 4.1 4.2 4.3 4.4 5 5.1 5.2 5.3 6 6.1 6.1.1 6.1.2 6.1.3 6.1.4 6.2 6.3 7 7.1 7.2 7.3 7.4 7.5 7.5.1 7.5.2 "
    "7.5.3 8 8.1 8.2 8.3 8.4 9 9.1 9.2 9.2.1 9.2.2 9.3 9.3.1 9.3.2 9.3.3 10 10.1 10.2"
)
CLAUSES = _CLAUSES.split()
DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")

Files = dict[str, Any]
Check = Callable[[Files], Iterator[str]]


class UniqueLoader(yaml.SafeLoader):
    """Safe loader that refuses a key given twice in one mapping."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _value in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key given twice: {key!r}", node.start_mark
                )
        return super().construct_mapping(node, deep)


def load(folder: Path) -> Files:
    return {
        name: yaml.load((folder / f"{name}.yaml").read_text(encoding="utf-8"), Loader=UniqueLoader)  # noqa: S506
        for name in FILES
    }


def wrong_text(name: str, text: str) -> Iterator[str]:
    """How a file is written: its head, its sources, its indentation, nothing that belongs to a machine."""
    rules = {
        "header comment is missing": text.startswith("# "),
        "sources are not named": "Sources (by name)" in text,
        "holds a tab": "\t" not in text,
        "holds a carriage return": "\r" not in text,
        "holds a network address": "://" not in text,
        "holds a machine path": not re.search(r"(^|[\s\"'(])/(work|home|tmp|root|etc|usr|var)/", text),
        "catalogue.id differs from the file name": f"\n  id: {name}\n" in text,
    }
    yield from (message for message, holds in rules.items() if not holds)
    for number, line in enumerate(text.splitlines(), 1):
        if (len(line) - len(line.lstrip(" "))) % 2:
            yield f"line {number} is not indented by two spaces"
        if line != line.rstrip():
            yield f"line {number} ends in blanks"


def _differs(where: str, actual: Any, expected: Any) -> Iterator[str]:
    if actual != expected:
        yield f"{where}: expected {expected}, found {actual}"


def _dangling(where: str, refs: Iterable[str] | None, known: Iterable[str]) -> Iterator[str]:
    yield from (f"{where}: dangling reference {ref!r}" for ref in refs or () if ref not in known)


def _twice(where: str, items: list[dict[str, Any]], field: str) -> Iterator[str]:
    values = [item.get(field) for item in items]
    yield from (
        f"{where}: {field} {value!r} is given twice" for value in set(values) if values.count(value) > 1
    )


def _refs(files: Files, name: str, part: str, field: str = "ref") -> set[str]:
    return {item[field] for item in files[name][part]}


def _controls(files: Files) -> set[str]:
    return _refs(files, "iso42001-annex-a", "controls")


def _clauses(files: Files) -> set[str]:
    return _refs(files, "iso42001-clauses", "clauses")


def annex_a(files: Files) -> Iterator[str]:
    doc = files["iso42001-annex-a"]
    groups = {group["ref"] for area in doc["areas"] for group in area.get("groups", [])}
    yield from _twice("areas", doc["areas"], "ref")
    yield from _twice("controls", doc["controls"], "ref")
    yield from _differs("controls", len(doc["controls"]), 38)
    found = {
        area["ref"]: sum(control["area"] == area["ref"] for control in doc["controls"])
        for area in doc["areas"]
    }
    yield from _differs("controls by area", found, AREA_COUNTS)
    yield from _differs("stated counts", {area["ref"]: area["control_count"] for area in doc["areas"]}, found)
    yield from _differs("counts in the head", doc["catalogue"]["counts"]["controls_by_area"], AREA_COUNTS)
    for control in doc["controls"]:
        at = control["ref"]
        if not at.startswith(control["area"] + "."):
            yield f"{at}: outside its area"
        if control["area"] == "A.6":
            yield from _dangling(at, [control.get("group")], groups)
        if not 2 <= len(control["evidence_examples"]) <= 4:
            yield f"{at}: needs two to four evidence examples"
        yield from _dangling(at, [control["automatable"]], doc["catalogue"]["automatable_scale"])
        yield from (
            f"{at}: {key} is empty" for key in ("title", "summary", "automation_hint") if not control[key]
        )


def clauses(files: Files) -> Iterator[str]:
    doc = files["iso42001-clauses"]
    yield from _differs("clauses", [clause["ref"] for clause in doc["clauses"]], CLAUSES)
    yield from _differs("entries", doc["catalogue"]["counts"]["entries"], len(doc["clauses"]))
    yield from _differs("main clauses", sum(clause["parent"] is None for clause in doc["clauses"]), 7)
    for clause in doc["clauses"]:
        at = clause["ref"]
        yield from _dangling(at, [clause["parent"]] if clause["parent"] else [], _clauses(files))
        yield from _dangling(at, clause["related_controls"], _controls(files))
        if clause["documented_information_required"] is not bool(clause["documented_information"]):
            yield f"{at}: documented flag and text disagree"


def annex_c(files: Files) -> Iterator[str]:
    doc = files["iso42001-annex-c"]
    counts = {name: len(doc[name]) for name in ("objectives", "risk_sources")}
    counts["sectors"] = len(doc["annex_d"]["sectors"])
    yield from _differs("counts", counts, {"objectives": 11, "risk_sources": 7, "sectors": 6})
    for item in doc["objectives"] + doc["risk_sources"]:
        yield from _dangling(item["ref"], item["related_controls"], _controls(files))


def _each_control_once(files: Files, name: str) -> Iterator[str]:
    yield from _twice(name, files[name]["mappings"], "control")
    yield from _differs(name, _refs(files, name, "mappings", "control"), _controls(files))


def crosswalk_iso27001(files: Files) -> Iterator[str]:
    doc = files["crosswalk-iso27001"]
    titles, clause_titles = doc["iso27001_titles"]["controls"], doc["iso27001_titles"]["clauses"]
    yield from _each_control_once(files, "crosswalk-iso27001")
    used: set[str] = set()
    for row in doc["mappings"] + doc["clause_mappings"] + doc["article_reuse_table"]:
        at = str(row.get("control") or row.get("clause") or row.get("key"))
        mapped, mapped_clauses = row.get("iso27001_controls") or [], row.get("iso27001_clauses") or []
        used |= set(mapped)
        yield from _dangling(at, mapped, titles)
        yield from _dangling(at, mapped_clauses, clause_titles)
        if "reuse" in row:
            yield from _dangling(at, [row["reuse"]], doc["catalogue"]["reuse_scale"])
            if (row["reuse"] == "none") is bool(mapped or mapped_clauses):
                yield f"{at}: reuse none and an empty mapping have to go together"
    yield from _differs("titles in use", used, set(titles))
    for row in doc["clause_mappings"]:
        yield from _dangling("clause mapping", [row["clause"]], _clauses(files))
    for level in ("high", "medium", "low", "none"):
        found = sum(mapping["reuse"] == level for mapping in doc["mappings"])
        yield from _differs(f"reuse {level}", found, doc["catalogue"]["counts"][f"reuse_{level}"])
    table = doc["article_reuse_table"]
    yield from _differs(
        "percentages", [row["article_reuse_percent"] for row in table], [80, 90, 70, 60, 40, 30]
    )
    for row in table:
        yield from _dangling(row["key"], row["standard_refs"], _controls(files))
        yield from _dangling(row["key"], row["standard_clauses"], _clauses(files))


def eu_ai_act(files: Files) -> Iterator[str]:
    doc = files["eu-ai-act"]
    articles = _refs(files, "eu-ai-act", "articles")
    points = [point for area in doc["annex_iii"]["areas"] for point in area["points"]]
    added = [practice for practice in doc["prohibited"] if practice.get("added_2026")]
    counts = {
        "articles": len(doc["articles"]),
        "prohibited_original": len(doc["prohibited"]) - len(added),
        "prohibited_added_2026": len(added),
        "annex_iii_areas": len(doc["annex_iii"]["areas"]),
        "annex_iii_points": len(points),
        "derogation_conditions": len(doc["derogation"]["conditions"]),
        "transparency_triggers": len(doc["transparency"]["triggers"]),
        "gpai_questions": len(doc["gpai"]["questions"]),
        "fria_elements": len(doc["fria"]["elements"]),
        "incident_deadlines": len(doc["incident_reporting"]["deadlines"]),
        "obligations": len(doc["obligations"]),
    }
    yield from _differs("counts", {name: doc["catalogue"]["counts"][name] for name in counts}, counts)
    yield from _twice("articles", doc["articles"], "ref")
    yield from _twice("obligations", doc["obligations"], "id")
    yield from _twice("annex_iii", points, "ref")
    yield from _differs("letters", [entry["ref"][-2:-1] for entry in doc["prohibited"][:8]], list("abcdefgh"))
    for area in doc["annex_iii"]["areas"]:
        for point in area["points"]:
            if not point["ref"].startswith(area["ref"] + "."):
                yield f"{point['ref']} is outside {area['ref']}"
    tiers = {tier["key"] for tier in doc["tiers"]} | {flag["key"] for flag in doc["flags"]} | {"all"}
    roles = {role["key"] for role in doc["roles"]}
    for item in doc["obligations"]:
        at = item["id"]
        yield from _dangling(at, [item["tier"]], tiers)
        yield from _dangling(at, [item["role"]], roles)
        yield from _dangling(at, [item["article"]], articles)
        yield from _dangling(at, item["controls"], _controls(files))
        if not DATE.match(item["applies_from"]) and item["applies_from"] not in doc["applies_from_keys"]:
            yield f"{at}: date is unknown"
    for item in doc["prohibited"]:
        yield from _dangling(item["key"], [item["yes_means"]], tiers)
    dates = {entry["date"] for entry in doc["dates"]} | {entry.get("original_date") for entry in doc["dates"]}
    originals = [entry["date"] for entry in doc["original_dates"]["items"]]
    yield from _dangling("original dates", originals, dates)
    yield from (f"date {date!r} has another form" for date in originals if not DATE.match(date))
    for step in doc["decision_flow"]:
        yield from _dangling(f"decision flow {step['step']}", [step["ask"]], doc)
    kinds = {kind["key"] for kind in doc["incident_reporting"]["definition"]["kinds"]}
    kinds |= {
        sub for kind in doc["incident_reporting"]["definition"]["kinds"] for sub in kind.get("subkinds", [])
    }
    for item in doc["incident_reporting"]["deadlines"]:
        yield from _dangling(item["key"], item["applies_to"], kinds | {"widespread_infringement"})
    days = {item["key"]: item["days"] for item in doc["incident_reporting"]["deadlines"]}
    yield from _differs("deadlines", days, {"general": 15, "widespread_or_infrastructure": 2, "death": 10})
    for block in ("fria", "incident_reporting"):
        yield from _dangling(block, doc[block]["controls"], _controls(files))


def crosswalk_eu_ai_act(files: Files) -> Iterator[str]:
    doc = files["crosswalk-eu-ai-act"]
    articles = _refs(files, "eu-ai-act", "articles")
    yield from _each_control_once(files, "crosswalk-eu-ai-act")
    yield from _twice("clause mappings", doc["clause_mappings"], "clause")
    for row in doc["mappings"] + doc["clause_mappings"]:
        at = str(row.get("control") or row.get("clause"))
        if not row["articles"]:
            yield f"{at}: has no article"
        yield from _twice(at, row["articles"], "article")
        for link in row["articles"]:
            yield from _dangling(at, [link["article"]], articles)
            yield from _dangling(at, [link["strength"]], doc["catalogue"]["strength_scale"])
            if not link["why"]:
                yield f"{at}: why is empty"
    yield from _dangling("clauses", [row["clause"] for row in doc["clause_mappings"]], _clauses(files))
    yield from _dangling("not covered", [row["article"] for row in doc["not_covered_by_iso42001"]], articles)


def crosswalk_nist(files: Files) -> Iterator[str]:
    doc = files["crosswalk-nist-ai-rmf"]
    known = _refs(files, "crosswalk-nist-ai-rmf", "subcategories")
    yield from _twice("subcategories", doc["subcategories"], "ref")
    yield from _each_control_once(files, "crosswalk-nist-ai-rmf")
    for function, expected in NIST_COUNTS.items():
        yield from _differs(
            function, sum(entry["function"] == function for entry in doc["subcategories"]), expected
        )
    reached: set[str] = set()
    for row in doc["mappings"] + doc["clause_mappings"]:
        at = str(row.get("control") or row.get("clause"))
        both = row["official"] + row.get("additional", [])
        yield from _dangling(at, both, known)
        if len(both) > len(set(both)):
            yield f"{at}: a subcategory is given twice"
        reached |= set(both)
    yield from _dangling("clauses", [row["clause"] for row in doc["clause_mappings"]], _clauses(files))
    yield from _differs("subcategories reached", reached, known)


def gap_checklist(files: Files) -> Iterator[str]:
    doc = files["gap-checklist"]
    yield from _twice("items", doc["items"], "key")
    yield from _differs("positions", [item["position"] for item in doc["items"]], list(range(1, 13)))
    yield from _differs("scoring", (doc["scoring"]["total"], doc["scoring"]["threshold"]), (12, 7))
    manual = sum(item["manual"] is True for item in doc["items"])
    yield from _differs("manual", manual, doc["catalogue"]["counts"]["manual"])
    for item in doc["items"]:
        at = item["key"]
        yield from _dangling(at, item["controls"], _controls(files))
        yield from _dangling(at, item["clauses"], _clauses(files))
        if not isinstance(item["manual"], bool):
            yield f"{at}: manual is no boolean"
        if not item["controls"] and not item["clauses"]:
            yield f"{at}: has no reference at all"
        for field in ("question", "original_meaning", "how_to_measure", "rule"):
            if not item[field]:
                yield f"{at}: {field} is empty"


def impact_taxonomy(files: Files) -> Iterator[str]:
    doc = files["impact-taxonomy"]
    counts = doc["catalogue"]["counts"]
    for name in ("dimensions", "affected_parties", "decisions"):
        yield from _twice(name, doc[name], "key")
        yield from _differs(name, len(doc[name]), counts[name])
    article = sum(dimension["origin"] == "article" for dimension in doc["dimensions"])
    yield from _differs("article dimensions", article, counts["article_dimensions"])
    for name in ("likelihood", "severity"):
        yield from _differs(name, [step["level"] for step in doc[name]], [1, 2, 3, 4, 5])
    bands = doc["rating"]["bands"]
    covered = [score for band in bands for score in range(band["min"], band["max"] + 1)]
    yield from _differs("bands", covered, list(range(1, 26)))
    for decision in doc["decisions"]:
        yield from _dangling(decision["key"], decision["allowed_bands"], {band["key"] for band in bands})
    objectives = _refs(files, "iso42001-annex-c", "objectives")
    for item in doc["dimensions"]:
        yield from _dangling(item["key"], [item["origin"]], doc["catalogue"]["origin_values"])
        yield from _dangling(item["key"], item["controls"], _controls(files))
        yield from _dangling(item["key"], item["objectives"], objectives)
        for kind in ("technical", "procedural"):
            if not item["mitigations"][kind]:
                yield f"{item['key']}: no {kind} mitigation"


CHECKS: tuple[Check, ...] = (
    annex_a,
    clauses,
    annex_c,
    crosswalk_iso27001,
    eu_ai_act,
    crosswalk_eu_ai_act,
    crosswalk_nist,
    gap_checklist,
    impact_taxonomy,
)
