"""Judges files of records on the command line: no database, flat memory, as many processes as asked for.

A file is taken at its word here (`stage: production`, `approved_by: [dpo]`): in CI the review of the pull
request stands behind it. Facts that only the portal knows are absent, so the rules about them are silent.
"""

import gc
import multiprocessing
import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Final

from django.utils.translation import gettext as _

from aims.policy.policies import PolicySet
from aims.policy.verdict import Decision, Denial
from registry.schema import Record, parse_record
from registry.yaml_document import MAX_BYTES, DocumentErrors, Problem, read, too_big

SUFFIXES: Final = (".yaml", ".yml")
BATCH: Final = 50
"""Files that a process judges at a time: enough that handing them over costs little."""
BATCHES_AHEAD: Final = 3
"""Batches that wait for each process, so that memory does not grow with the number of files."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What is to say about one file. `id` is None, and `verdict` "error", where no record could be read."""

    file: str
    id: str | None
    verdict: Decision
    denials: tuple[Denial, ...] = ()
    errors: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The report in the form that `registry validate --format json` promises."""
        return {
            "file": self.file,
            "id": self.id,
            "verdict": self.verdict,
            "denials": [
                {
                    "rule": denial.rule,
                    "message": denial.message,
                    "control": denial.control,
                    "severity": denial.severity,
                    "source": denial.source,
                }
                for denial in self.denials
            ],
            "errors": [
                {"line": problem.line, "column": problem.column, "message": problem.message}
                for problem in self.errors
            ],
        }


def validate(paths: Iterable[str], policies: PolicySet, jobs: int) -> Iterator[FileReport]:
    """A report on every file, in the order of the paths; a folder stands for the YAML files below it, sorted.

    The reports are the same for any number of jobs. An id of an earlier file is an error of the later one.
    """
    files = files_below(paths)
    batches = iter(lambda: list(islice(files, BATCH)), [])
    first = list(islice(batches, 2))
    batches = chain(first, batches)
    if jobs > 1 and len(first) > 1 and "fork" in multiprocessing.get_all_start_methods():
        reports = _in_processes(batches, policies, jobs)
    else:
        reports = (report for batch in batches for report in judge(batch, policies))
    return _each_id_once(reports)


def judge(files: Iterable[str], policies: PolicySet) -> list[FileReport]:
    """A report on each file, as if there were no others. It raises nothing about a file."""
    # All are read before the first is judged: each of the two keeps the processor's caches to itself, which
    # saves a tenth of the time.
    read_ones = [(file, _record(file)) for file in files]
    return [
        found if isinstance(found, FileReport) else _judged(file, found, policies)
        for file, found in read_ones
    ]


def judge_content(name: str, content: bytes, policies: PolicySet) -> FileReport:
    """A report on a file that is not on disk, under the name that it goes by."""
    found = _record(name, content)
    return found if isinstance(found, FileReport) else _judged(name, found, policies)


def _record(file: str, content: bytes | None = None) -> Record | FileReport:
    """The record in a file, whose content may be known already, or the report that there is none."""
    data: Any = None
    try:
        document = read(file_bytes(file) if content is None else content)
        data = document.data
        return parse_record(document)
    except DocumentErrors as error:
        claimed = data.get("id") if isinstance(data, dict) else None
        return FileReport(
            file, claimed if isinstance(claimed, str) else None, "error", (), tuple(error.problems)
        )


def _judged(file: str, record: Record, policies: PolicySet) -> FileReport:
    verdict = policies.judge(record.document_json())
    errors = (Problem(1, 1, verdict.error),) if verdict.decision == "error" else ()
    return FileReport(file, record.id, verdict.decision, verdict.denials, errors)


def file_bytes(file: str, *, most: int = MAX_BYTES) -> bytes:
    """The content of a regular file of at most `most` bytes, by default what a record may have.

    Raises DocumentErrors where there is no such file. A pipe is not waited for, a device is not read.
    """
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0) as opened:
            status = os.fstat(opened.fileno())
            if status.st_size > most:
                raise too_big(status.st_size, most)
            if stat.S_ISREG(status.st_mode):
                return opened.readall()
        message = _("This is neither a file nor a folder: name the files, or the folder that they are in.")
    except IsADirectoryError:
        message = _(
            "No YAML file (*.yaml, *.yml) can be found in this folder: check the path and its permissions."
        )
    except FileNotFoundError:
        message = _("There is no file or folder of this name: check the path.")
    except PermissionError:
        message = _("This file may not be read: check its permissions.")
    except OSError as error:
        message = _("This file cannot be read: %(reason)s.") % {"reason": error.strerror}
    raise DocumentErrors([Problem(1, 1, message)])


def files_below(paths: Iterable[str]) -> Iterator[str]:
    """Files as named, and those below folders as named. A folder in which none is found stands for itself."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        found = False
        for file in _below(path):
            found = True
            yield file
        if not found:
            yield path


def _below(folder: str) -> Iterator[str]:
    """YAML files in a folder, then those of its folders, sorted by name; what is hidden (.git) is left out.

    A folder that may not be read stands for itself: it must not pass for an empty one.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(
                (entry for entry in listing if not entry.name.startswith(".")), key=lambda entry: entry.name
            )
    except OSError:
        yield folder
        return
    folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    yield from (
        entry.path for entry in entries if entry.name.endswith(SUFFIXES) and entry.path not in folders
    )
    for inner in folders:
        yield from _below(inner)


def _each_id_once(reports: Iterable[FileReport]) -> Iterator[FileReport]:
    first: dict[str, str] = {}
    for report in reports:
        if report.id is None or report.verdict == "error":
            yield report
            continue
        earlier = first.setdefault(report.id, report.file)
        if earlier is report.file or os.path.samefile(earlier, report.file):
            yield report
        else:
            yield replace(report, verdict="error", errors=(_repeated_id(report, earlier),))


def _repeated_id(report: FileReport, earlier: str) -> Problem:
    line, column = read(file_bytes(report.file)).position(("id",))
    message = _("The id “%(id)s” is already that of %(file)s: every record needs an id of its own.")
    return Problem(line, column, message % {"id": report.id, "file": earlier})


# --- Many processes ---------------------------------------------------------------------------------------

_inherited: PolicySet


def _judge_batch(files: list[str]) -> list[FileReport]:
    return judge(files, _inherited)


def _collect_seldom() -> None:
    """A judged record leaves no circles behind: Python's collector would look for them in vain."""
    gc.set_threshold(100_000)


def _in_processes(batches: Iterator[list[str]], policies: PolicySet, jobs: int) -> Iterator[FileReport]:
    global _inherited
    _inherited = (
        policies  # a forked process has them at once; reading them anew would cost more than 500 records
    )
    gc.freeze()  # what exists now is shared with the processes, as long as nobody's collector touches it
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _collect_seldom) as pool:
        waiting = deque(pool.submit(_judge_batch, batch) for batch in islice(batches, jobs * BATCHES_AHEAD))
        try:
            while waiting:
                yield from waiting.popleft().result()
                waiting.extend(pool.submit(_judge_batch, batch) for batch in islice(batches, 1))
        finally:
            pool.shutdown(cancel_futures=True)
