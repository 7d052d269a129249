"""`manage.py policy test|lint`: are the policies right, and can they be relied on? Needs no database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.policy.findings import Finding, PolicyError
from aims.policy.lint import lint
from aims.policy.policies import DENIAL_PACKAGE, read
from aims.policy.rego_tests import Outcome, Runner, discover

FINE, FINDINGS, UNUSABLE = 0, 1, 2


class Command(BaseCommand):
    help = "Tests the policies, or looks for what is wrong with them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`test` and `lint`, with the same options."""
        subcommands = parser.add_subparsers(dest="subcommand", required=True)
        for name, text in (
            ("test", "Run the tests that stand beside the policies (test_… rules in *_test.rego)."),
            ("lint", "Look for rules that fail open, unknown functions, recursion and missing METADATA."),
        ):
            subcommand = subcommands.add_parser(name, help=text)
            subcommand.add_argument("--policies", type=Path, metavar="DIR", help="default: AIMS_POLICIES")
            subcommand.add_argument("--format", choices=["text", "json"], default="text")
            subcommand.add_argument("--json", action="store_const", const="json", dest="format")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exits 0 when all is fine, 1 with findings or failed tests, 2 when the policies cannot be read."""
        directory = options["policies"] or Path(settings.AIMS_POLICIES)
        as_json = options["format"] == "json"
        run = self._test if options["subcommand"] == "test" else self._lint
        try:
            code = run(directory, as_json=as_json)
        except PolicyError as error:
            self.stderr.write(str(error))
            if as_json:
                self._print([asdict(finding) for finding in error.findings])
            code = UNUSABLE
        raise SystemExit(code)

    def _lint(self, directory: Path, *, as_json: bool) -> int:
        modules, findings = read(directory, tests=True)
        policies = [module for module in modules if not module.is_test]
        findings = sorted([*findings, *lint(policies, DENIAL_PACKAGE)])
        if as_json:
            self._print([asdict(finding) for finding in findings])
        else:
            for finding in findings:
                self.stdout.write(str(finding))
        count = len(findings)
        self.stderr.write(ngettext("%d finding in %s", "%d findings in %s", count) % (count, directory))
        return _worst(findings)

    def _test(self, directory: Path, *, as_json: bool) -> int:
        modules, findings = read(directory, tests=True)
        if findings:
            raise PolicyError(_("The policies cannot be tested:"), findings)
        runner = Runner(modules)
        outcomes = [runner.run(test) for test in discover(modules)]
        if not outcomes:
            raise PolicyError(_("There is no test (test_… in *_test.rego) in %s.") % directory)
        failed = [outcome for outcome in outcomes if outcome.result != "pass"]
        if as_json:
            self._print([_as_json(outcome) for outcome in outcomes])
        else:
            for outcome in failed:
                test = outcome.test
                said = f": {outcome.message}" if outcome.message else ""
                self.stdout.write(f"{outcome.result.upper()} {test.file}:{test.line}: {test.name}{said}")
        self.stderr.write(
            ngettext(
                "%(failed)d of %(count)d test failed", "%(failed)d of %(count)d tests failed", len(outcomes)
            )
            % {"failed": len(failed), "count": len(outcomes)}
        )
        return FINDINGS if failed else FINE

    def _print(self, answer: list[dict[str, Any]]) -> None:
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))


def _worst(findings: list[Finding]) -> int:
    if any(finding.unreadable for finding in findings):
        return UNUSABLE
    return FINDINGS if findings else FINE


def _as_json(outcome: Outcome) -> dict[str, Any]:
    test = outcome.test
    return {
        "test": f"{test.package}.{test.name}",
        "file": test.file,
        "line": test.line,
        "result": outcome.result,
        "message": outcome.message,
    }
