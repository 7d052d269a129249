"""The import of a spreadsheet of 5,000 systems through its pages: upload, preview, confirm, take back.

    python -m bench.imports [--rows 5000]

On SQLite, in this process, with a client that does what a browser does. Nine tenths of the rows are new, the
others change systems that are there. `preview` and `done` are the first pages of the rows,
`preview_of_changed` one of fifty rows with a dozen changes each.
"""

import argparse
import io
import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import pages

LIMIT_S = 30
"""Upload, preview and confirmation together."""


def measure(rows: int = 5_000) -> dict[str, Any]:
    """Seconds of wall and processor time of every step, and what the pages of rows cost."""
    from django.core.management import call_command
    from django.db import connection, connections

    from aims.accounts.roles import Role
    from bench import company

    with tempfile.TemporaryDirectory() as folder:
        connections.close_all()
        connections["default"].settings_dict["NAME"] = Path(folder) / "db.sqlite3"
        call_command("migrate", verbosity=0)
        call_command("load_catalogue", verbosity=0, stdout=io.StringIO())
        staff = company.build(rows)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        result = _walk(workbook(rows), staff[Role.LEAD.value], rows)
        connections.close_all()
        return result


def workbook(rows: int) -> bytes:
    """A sheet as a company keeps one: twenty columns, several words for the same."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADERS)
    for number in range(rows):
        known = number % 10 == 0
        sheet.append(
            [
                f"system-{number:05}" if known else f"brought-{number:05}",
                f"Brought in {number}",
                f"team-{number % (rows // 50)}",
                f"owner-{number}@bench.example",
                "yes",
                f"answering letters, kind {number % 7}",
                ("Confidential", "Personal data", "internal")[number % 3],
                ("Low", "Hoch", "medium risk")[number % 3],
                ("minimal", "Limited risk", "high")[number % 3],
                "customers; clerks",
                "llm-rag",
                "claude-sonnet-4.6",
                "anthropic",
                "ja",
                "vendor-hosted",
                ("prod", "test", "dev")[number % 3],
                "eu-west-1; eu-central-1",
                "none-fine-tuning",
                f"handbook | s3://bench/{number}/",
                365,
            ]
        )
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


HEADERS = [
    "System ID", "System name", "Team", "E-mail", "In scope", "Purpose", "Data class", "Risk",
    "EU AI Act class", "Affected parties", "Model type", "Foundation model", "Vendor", "Version pinned",
    "Weights", "Environment", "Regions", "Training data", "RAG sources", "Review interval",
]  # fmt: skip


def _walk(data: bytes, person: Any, rows: int) -> dict[str, Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client

    from registry.models import AISystem, ImportBatch

    client = Client()
    client.force_login(person, backend="aims.accounts.backends.RoleBackend")
    before = AISystem.objects.count()
    steps: dict[str, Any] = {}

    def step(name: str, url: str, body: dict[str, Any]) -> Any:
        started, cpu = time.perf_counter(), time.process_time()
        answer = client.post(url, body)
        steps[name] = {
            "wall_s": round(time.perf_counter() - started, 2),
            "cpu_s": round(time.process_time() - cpu, 2),
        }
        if answer.status_code != 302:
            raise SystemExit(f"{name}: {answer.status_code} {_alert(answer)}")
        return answer.headers["Location"]

    url = step("upload and preview", "/import/", {"files": SimpleUploadedFile("inventory.xlsx", data)})
    preview = pages._page(url, person)
    changed = pages._page(f"{url}?status=changed", person)
    batch = ImportBatch.objects.get()
    counts = {status: batch.rows.filter(status=status).count() for status in ("new", "changed", "refused")}
    step("confirm", url, {"seen": batch.fingerprint, "reason": "The company's inventory."})
    done = pages._page(url, person)
    written = AISystem.objects.count() - before
    step("take back", f"{url}undo/", {"reason": "Measured."})
    if AISystem.objects.count() != before or written != counts["new"]:
        raise SystemExit(f"{written} systems were registered of {counts}.")
    total = sum(steps[name]["wall_s"] for name in ("upload and preview", "confirm"))
    return {
        "rows": rows,
        "file_kilobytes": round(len(data) / 1024),
        "counts": counts,
        "steps": steps,
        "import_wall_s": round(total, 2),
        "within_limit": total < LIMIT_S,
        "preview": preview,
        "preview_of_changed": changed,
        "done": done,
        "load": os.getloadavg()[0],
    }


def _alert(answer: Any) -> str:
    found = re.search(r'role="alert">(.*?)</', answer.content.decode(), re.DOTALL)
    return found[1] if found else answer.headers.get("Location", "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000)
    arguments = parser.parse_args()
    print(json.dumps(pages.main(lambda: measure(arguments.rows)), indent=1))
