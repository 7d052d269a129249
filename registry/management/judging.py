"""`manage.py registry validate`: records in files, judged by the schema and the policies.

It needs no database and no app of the portal, so `manage.py` runs it without loading them: CI starts it
often, and a portal that does not come up says nothing about a record.
"""

import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.policy.findings import PolicyError
from aims.policy.policies import PolicySet
from registry.management.reports import FORMATS, Context, Places
from registry.validation import FileReport, judge_content, validate
from registry.yaml_document import MAX_BYTES

FINE, FINDINGS, UNUSABLE = 0, 1, 2
REDRAW_SECONDS: Final = 0.1
EXIT_CODES: Final = {"allow": FINE, "deny": FINDINGS, "error": UNUSABLE}


class Validate(BaseCommand):
    """The command by itself, as `manage.py` runs it."""

    help = "Judges records by the schema and the policies."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_validate(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if code := self.validate(**options):
            sys.exit(code)

    @staticmethod
    def add_validate(parser: ArgumentParser) -> None:
        parser.description = _(
            "Judges each record and says what is wrong with it. Needs no database. Exit code: 0 all allowed, "
            "1 some denied, 2 some file, folder or policy could not be used."
        )
        parser.add_argument(
            "paths",
            nargs="+",
            metavar="PATH",
            help=_(
                "A YAML file, or a folder of *.yaml and *.yml; - alone reads one record from standard input."
            ),
        )
        parser.add_argument(
            "--format",
            choices=list(FORMATS),
            default="text",
            help=_(
                "text for people, json for scripts, github for annotations in a workflow, junit for test "
                "reports, sarif for code scanning."
            ),
        )
        parser.add_argument(
            "--stdin-name",
            default="<stdin>",
            metavar="FILE",
            help=_("What to call the record from standard input."),
        )
        parser.add_argument(
            "--jobs",
            type=int,
            default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            help=_("How many processes share the work; by default one per processor."),
        )
        parser.add_argument(
            "--policies",
            type=Path,
            metavar="DIR",
            help=_("The folder with the policies, if not the portal's own."),
        )

    def validate(
        self,
        *,
        paths: list[str],
        format: str,
        jobs: int,
        policies: Path | None,
        stdin_name: str,
        **options: Any,
    ) -> int:
        try:
            policy_set = PolicySet.load(policies or Path(settings.AIMS_POLICIES))
        except PolicyError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        verdicts: Counter[str] = Counter()
        given = _standard_input(paths, stdin_name)
        found = (
            (judge_content(name, content, policy_set) for name, content in given.items())
            if given
            else validate(paths, policy_set, jobs)
        )
        reports = _counted(found, verdicts)
        if self.stderr.isatty() and (format == "text" or not self.stdout.isatty()):
            reports = self._with_progress(reports)
        write = partial(self.stdout.write, ending="")
        try:
            FORMATS[format](reports, write, Context(policy_set, Places(policy_set, given)))
        except BrokenProcessPool as error:
            message = _("A process that judged records was killed, perhaps for lack of memory: try --jobs 1.")
            raise CommandError(message, returncode=UNUSABLE) from error
        except BrokenPipeError:
            # Whoever read has seen enough (`… | head`). Python would complain again when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return UNUSABLE
        total = verdicts.total()
        summary = ngettext(
            "%(total)d file: %(allow)d allowed, %(deny)d denied, %(error)d with errors.",
            "%(total)d files: %(allow)d allowed, %(deny)d denied, %(error)d with errors.",
            total,
        )
        counts = {"total": total} | {word: verdicts[word] for word in EXIT_CODES}
        self.stderr.write(summary % counts, style_func=str)
        return max((EXIT_CODES[verdict] for verdict in verdicts), default=FINE)

    def _with_progress(self, reports: Iterable[FileReport]) -> Iterator[FileReport]:
        """The reports, with one line on the terminal that says how far we are; it makes way for findings."""
        drawn_at = time.monotonic()
        for count, report in enumerate(reports, 1):
            if report.errors or report.denials:
                self._draw("")
            yield report
            if time.monotonic() - drawn_at > REDRAW_SECONDS:
                self._draw(_("%(count)d files checked…") % {"count": count})
                drawn_at = time.monotonic()
        self._draw("")

    def _draw(self, line: str) -> None:
        self.stderr.write(f"\r\x1b[K{line}", ending="")
        self.stderr.flush()


def _standard_input(paths: list[str], name: str) -> dict[str, bytes]:
    """What standard input holds, by its name, if that is asked for; else nothing.

    One byte more than a record may have is enough to refuse it.
    """
    if "-" not in paths:
        return {}
    if len(paths) > 1:
        message = _("“-” stands for one record from standard input and cannot be mixed with other paths.")
        raise CommandError(message, returncode=UNUSABLE)
    return {name: sys.stdin.buffer.read(MAX_BYTES + 1)}


def _counted(reports: Iterable[FileReport], verdicts: Counter[str]) -> Iterator[FileReport]:
    for report in reports:
        verdicts[report.verdict] += 1
        yield report
