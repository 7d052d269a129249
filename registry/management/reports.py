"""What `registry validate` found, in the formats that people, CI systems and code hosts read.

Each format is a function that writes the reports as they come, so memory stays flat however many there are.
"""

import html
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import IO, Any, Final
from urllib.parse import quote

from aims.policy.policies import PolicySet
from aims.policy.verdict import Denial
from registry.validation import FileReport, file_bytes
from registry.yaml_document import DocumentErrors, printable, read

Write = Callable[[str], object]
"""Takes text for standard output; line ends are part of it."""


class Places:
    """Where in its file a denial speaks: at the field that its rule names in METADATA (`custom.field`)."""

    def __init__(self, policies: PolicySet, given: Mapping[str, bytes] | None = None) -> None:
        """`given` holds files that are not on disk, by name: what came by standard input."""
        self._fields = {rule.id: tuple(rule.field.split(".")) for rule in policies.rules if rule.field}
        self._given = given or {}

    def of(self, report: FileReport) -> list[tuple[Denial, int, int]]:
        """The report's denials, each with line and column (from 1): the first where the rule names no field.

        Reports carry no positions, which would make judging slower for all formats. So a file that was denied
        is read again.
        """
        if not any(denial.rule in self._fields for denial in report.denials):
            return [(denial, 1, 1) for denial in report.denials]
        try:
            content = self._given[report.file] if report.file in self._given else file_bytes(report.file)
            document = read(content)
        except DocumentErrors:  # it changed since it was judged
            return [(denial, 1, 1) for denial in report.denials]
        return [
            (denial, *document.position(self._fields[denial.rule]))
            if denial.rule in self._fields
            else (denial, 1, 1)
            for denial in report.denials
        ]


@dataclass(frozen=True, slots=True)
class Context:
    """What formats need to know beside the reports."""

    policies: PolicySet
    places: Places


# --- For people, and for scripts ----------------------------------------------------------------------------


def write_text(reports: Iterable[FileReport], write: Write, _context: Context) -> None:
    """A line for each error and denial; what to do about a denial stands below it."""
    for report in reports:
        file = printable(report.file)
        for problem in report.errors:
            write(f"{file}:{problem.line}:{problem.column}: {problem.message}\n")
        for denial in report.denials:
            what = f"{denial.rule} [{denial.control}] {denial.severity}"
            write(f"{file}: {what} {denial.message} ({denial.source})\n")
            if denial.fix:
                write(f"    {denial.fix}\n")


def write_json(reports: Iterable[FileReport], write: Write, _context: Context) -> None:
    """One list, an entry a line (design page, section 10)."""
    before = "[\n"
    for report in reports:
        write(before + json.dumps(report.as_json()))
        before = ",\n"
    write("[]\n" if before == "[\n" else "\n]\n")


# --- GitHub Actions -----------------------------------------------------------------------------------------


def write_github(reports: Iterable[FileReport], write: Write, context: Context) -> None:
    """Annotations for the lines of a pull request, as workflow commands: an error for what blocks, else a
    warning (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands)."""
    for report in reports:
        file = _relative(report.file)
        for problem in report.errors:
            write(_command("error", file, problem.line, problem.column, UNUSABLE.id, problem.message))
        for denial, line, column in context.places.of(report):
            level = "error" if denial.severity == "blocker" else "warning"
            message = "\n".join(filter(None, [denial.message, denial.fix]))
            write(_command(level, file, line, column, f"{denial.rule} [{denial.control}]", message))


def _command(level: str, file: str, line: int, column: int, title: str, message: str) -> str:
    properties = {"file": file, "line": line, "col": column, "title": title}
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {told}::{_data(message)}\n"


def _data(text: str) -> str:
    """Text such that it cannot end the command, nor begin another one."""
    lines = [printable(line) for line in text.splitlines()]
    return "%0A".join(line.replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- JUnit --------------------------------------------------------------------------------------------------


def write_junit(reports: Iterable[FileReport], write: Write, _context: Context) -> None:
    """One suite with a case for each file: a failure where it is denied, an error where it cannot be used.

    Warnings fail nothing and stand in the suite's output. Elements and order are those that the schemas of
    Ant and Jenkins allow; they want the counts first, so the cases wait in a temporary file.
    """
    began, started = datetime.now(UTC), time.monotonic()
    counts = {"tests": 0, "failures": 0, "errors": 0}
    with _temporary() as cases, _temporary() as warnings:
        for report in reports:
            counts["tests"] += 1
            counts["failures"] += report.verdict == "deny"
            counts["errors"] += report.verdict == "error"
            cases.write(_case(report))
            for denial in report.denials:
                if denial.severity == "warning":
                    warnings.write(html.escape(f"{printable(report.file)}: {_told(denial)}\n"))
        attributes = {
            "name": "registry validate",
            **counts,
            "time": f"{time.monotonic() - started:.3f}",
            "timestamp": f"{began:%Y-%m-%dT%H:%M:%S}",
            "hostname": "localhost",
        }
        told = " ".join(f"{name}={_attribute(str(value))}" for name, value in attributes.items())
        write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite {told}>\n<properties/>\n')
        _copy(cases, write)
        write("<system-out>")
        _copy(warnings, write)
        write("</system-out>\n<system-err/>\n</testsuite>\n")


def _case(report: FileReport) -> str:
    name = _attribute(_relative(report.file))
    head = f'<testcase name={name} classname="registry.validate" time="0"'
    match report.verdict:
        case "error":
            lines = [
                f"{problem.line}:{problem.column}: {printable(problem.message)}" for problem in report.errors
            ]
            return f"{head}>{_outcome('error', UNUSABLE.id, lines)}</testcase>\n"
        case "deny":
            blockers = [denial for denial in report.denials if denial.severity == "blocker"]
            kinds = ", ".join(dict.fromkeys(denial.rule for denial in blockers))
            lines = [line for denial in blockers for line in (_told(denial), f"    {printable(denial.fix)}")]
            return f"{head}>{_outcome('failure', kinds, lines)}</testcase>\n"
        case _allow:
            return f"{head}/>\n"


def _outcome(kind: str, type_: str, lines: list[str]) -> str:
    message, text = _attribute(lines[0]), html.escape("\n".join(lines), quote=False)
    return f"<{kind} message={message} type={_attribute(printable(type_))}>{text}</{kind}>"


def _told(denial: Denial) -> str:
    return printable(f"{denial.rule} [{denial.control}] {denial.message} ({denial.source})")


def _temporary() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


class _Sink:
    """`write`, as shutil wants it."""

    def __init__(self, write: Write) -> None:
        self.write = write


def _copy(file: IO[str], write: Write) -> None:
    file.seek(0)
    shutil.copyfileobj(file, _Sink(write))


# --- SARIF --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unusable:
    """What stands for a rule where a file cannot be judged at all."""

    id: str = "record-unusable"
    title: str = "The file holds a record that can be read"
    description: str = "A file that is no sound record, by YAML or by the schema, cannot be judged."
    fix: str = "Correct what the message names. Editors find the JSON Schema at /schemas/ai-system.json."


UNUSABLE: Final = _Unusable()

_LEVELS: Final = {"blocker": "error", "warning": "warning"}


def write_sarif(reports: Iterable[FileReport], write: Write, context: Context) -> None:
    """A SARIF log with one run (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), for code
    scanning: every rule with its control and its fix, and a result for each denial and each error."""
    rules = _rules(context.policies)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {
        "name": "aims-portal",
        "fullName": "AIMS portal, registry validate",
        "properties": {"policyRevision": context.policies.revision},
        "rules": rules,
    }
    write('{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{\n')
    write(f'"tool": {json.dumps({"driver": driver})},\n"columnKind": "unicodeCodePoints",\n"results": [')
    before = "\n"
    for report in reports:
        uri = _uri(report.file)
        found = [
            (UNUSABLE.id, "error", problem.message, problem.line, problem.column) for problem in report.errors
        ] + [
            (denial.rule, _LEVELS[denial.severity], denial.message, line, column)
            for denial, line, column in context.places.of(report)
        ]
        for rule, level, message, line, column in found:
            write(
                before + json.dumps(_result(rule, index[rule], level, printable(message), uri, line, column))
            )
            before = ",\n"
    write("\n],\n" + '"invocations": [{"executionSuccessful": true}]\n}]}\n')


def _rules(policies: PolicySet) -> list[dict[str, Any]]:
    """Of the run: all that could speak, whether they did or not."""
    unusable = {
        "id": UNUSABLE.id,
        "shortDescription": {"text": UNUSABLE.title},
        "fullDescription": {"text": UNUSABLE.description},
        "help": {"text": UNUSABLE.fix},
        "defaultConfiguration": {"level": "error"},
    }
    return [unusable] + [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.description or rule.title},
            "help": {"text": rule.fix},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            "properties": {
                "control": rule.control,
                "source": rule.source,
                "tags": [f"ISO/IEC 42001 {rule.control}"],
            },
        }
        for rule in policies.rules
    ]


def _result(
    rule: str, index: int, level: str, message: str, uri: str, line: int, column: int
) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": line, "startColumn": column}}
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
    }


# --- Names of files -----------------------------------------------------------------------------------------


def _path(file: str) -> PurePath:
    """As code hosts want it: relative to where the command runs, which in CI is the repository."""
    path = Path(os.path.normpath(file))
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _attribute(text: str) -> str:
    """The text as an attribute of XML, quotes included; only by number would a reader keep white space."""
    escaped = html.escape(text)
    for space in "\t\n\r":
        escaped = escaped.replace(space, f"&#{ord(space)};")
    return f'"{escaped}"'


def _relative(file: str) -> str:
    return printable(_path(file).as_posix())


def _uri(file: str) -> str:
    path = _path(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


Format = Callable[[Iterable[FileReport], Write, Context], None]

FORMATS: Final[dict[str, Format]] = {
    "text": write_text,
    "json": write_json,
    "github": write_github,
    "junit": write_junit,
    "sarif": write_sarif,
}
