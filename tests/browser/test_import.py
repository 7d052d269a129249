"""A company's spreadsheet, as messy as they come: 5,000 rows find their way in, or none does."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from aims.accounts.models import User
from registry import snapshots
from registry.models import AISystem, ImportBatch
from tests.browser.harness import PageOf, assert_clean, complaints_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROWS = 5_000
SHOW = "Show what would change"
BAD: list[list[Any]] = [
    ["letters-1", "Twice", "team-ai-platform", "low", None, None, None],
    ["bad-date", "Bad date", "team-ai-platform", "low", "31.02.2027", None, None],
    ["no-team", "No team", "team-atlantis", "low", None, None, None],
    ["formula", "=A2&1", "team-ai-platform", "low", None, None, None],
    ["reference", "#REF!", "team-ai-platform", "low", None, None, None],
    [None, "No id", "team-ai-platform", "low", None, None, None],
    ["Upper Case", "Upper", "team-ai-platform", "low", None, None, None],
]
"""With the row that “Twice” repeats, there are eight refused ones."""


def messy_workbook(rows: int) -> bytes:
    """A title, an empty row, odd names of columns, remarks, several words for one thing, and the bad rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Inventory")
    sheet.append(["AI inventory, autumn 2026"])
    sheet.append([])
    sheet.append(["System ID", "Title", "Team", "Risk class", "End of life", "Purpose", "Remarks"])
    for n in range(rows - len(BAD)):
        risk = ("Hoch", "low", "medium risk", "severe")[n % 4]
        ends = "03/04/2027" if n == 7 else None
        sheet.append(
            [f"letters-{n}", f"Letters {n}", "team-ai-platform", risk, ends, "sorting the post", "x"]
        )
    for row in BAD:
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def drop(page: Page, name: str, data: bytes) -> None:
    """Drop a file onto the page's drop zone, as from the desktop."""
    page.locator("[data-drop]").evaluate(
        """(zone, [name, text]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes], name));
          for (const kind of ["dragenter", "dragover", "drop"])
            zone.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer }));
        }""",
        [name, base64.b64encode(data).decode()],
    )


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_messy_spreadsheet_finds_its_way_in_and_back_out(page_of: PageOf, owner: User) -> None:
    page = page_of(owner)
    page.set_default_timeout(120_000)
    expect.set_options(timeout=120_000)
    try:
        say_what_the_columns_are(page)
        read_what_is_refused(page)
        leave_the_refused_rows_out(page)
        mend_and_upload_the_refused_rows(page)
        take_the_first_import_back(page)
    finally:
        expect.set_options(timeout=5_000)
    assert [line for line in complaints_of(page) if "status of 4" not in line] == []


def say_what_the_columns_are(page: Page) -> None:
    page.goto("/import/")
    drop(page, "inventory.xlsx", messy_workbook(ROWS))
    press(page, SHOW)
    expect(page.get_by_role("status")).not_to_be_empty()
    expect(page.get_by_role("heading", name="What are these columns?")).to_be_visible()
    page.get_by_label("The day comes first").check()
    page.get_by_label("“severe”").select_option("Critical")
    press(page, SHOW)
    expect(page.get_by_role("alert")).to_contain_text("“Remarks”")
    page.get_by_label("Remarks").select_option("Leave this column out")
    press(page, SHOW)
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()


def read_what_is_refused(page: Page) -> None:
    assert AISystem.objects.count() == 0
    expect(page.get_by_role("main")).to_contain_text(f"{ROWS - 8} to be written, 8 refused")
    page.get_by_role("link", name="Refused 8").click()
    for words in (
        "The id “letters-1” stands in inventory.xlsx, row 4997 too",
        "“31.02.2027” is not a day of the calendar",
        "There is no team “team-atlantis”",
        "The formula here has no value yet",
        "The formula here gives #REF!",
        "Every system needs an id",
        "id is “Upper Case”",
    ):
        expect(page.get_by_role("listitem").filter(has_text=words)).to_be_visible()
    assert_clean(page, expected=("status of 422",))
    press(page, "Import")  # the box is not ticked: the browser itself says so
    assert AISystem.objects.count() == 0


def leave_the_refused_rows_out(page: Page) -> None:
    page.get_by_label("Leave the 8 refused rows out").check()
    press(page, "Import")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Writing")).to_be_visible()
    expect(page.get_by_text(f"{ROWS - 8} records were imported.")).to_be_visible()
    assert AISystem.objects.count() == ROWS - 8
    assert AISystem.objects.filter(risk_tier="critical").count() == (ROWS - len(BAD)) // 4
    assert str(AISystem.objects.get(slug="letters-7").decommission_date) == "2027-04-03"


def mend_and_upload_the_refused_rows(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows, CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    mended = text.replace("31.02.2027", "28.02.2027").replace("Upper Case", "lower-case")
    page.goto("/import/")
    drop(page, "mended.csv", mended.replace("team-atlantis", "team-ai-platform").encode())
    press(page, SHOW)
    page.get_by_label("Remarks").select_option("Leave this column out")
    press(page, SHOW)
    expect(page.get_by_role("main")).to_contain_text("3 to be written, 5 refused")


def take_the_first_import_back(page: Page) -> None:
    first = ImportBatch.objects.filter(applied_at__isnull=False).get()
    page.goto(first.get_absolute_url())
    page.get_by_label("Reason").fill("It was last year's inventory.")
    press(page, "Take the import back")
    expect(page.get_by_text("The import was taken back.")).to_be_visible()
    assert AISystem.objects.count() == 0


def test_a_failure_on_the_way_leaves_nothing(
    page_of: PageOf, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(owner)
    page.goto("/import/")
    rows = "".join(f"letters-{n},Letters {n},team-ai-platform\n" for n in range(600))
    drop(page, "letters.csv", f"id,name,owner\n{rows}".encode())
    press(page, SHOW)
    refresh = snapshots.refresh

    def fail_once_something_is_written(systems: Any) -> None:
        refresh(systems)
        if AISystem.objects.count() > 300:
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(snapshots, "refresh", fail_once_something_is_written)
    press(page, "Import")
    expect(page.get_by_role("status")).to_contain_text("The portal failed, and nothing was written")
    assert AISystem.objects.count() == 0
    monkeypatch.setattr(snapshots, "refresh", refresh)
    press(page, "Import")
    expect(page.get_by_text("600 records were imported.")).to_be_visible()


def test_an_import_works_without_javascript(page_of: PageOf, owner: User, tmp_path: Path) -> None:
    file = tmp_path / "systems.csv"
    file.write_text("id,name,owner,Remarks\nletters,Letters,team-ai-platform,for the post\n")
    page = page_of(owner, javascript=False)
    page.goto("/import/")
    page.get_by_label("Files").set_input_files(file)
    press(page, SHOW)
    page.get_by_label("Remarks").select_option("Purpose")
    press(page, SHOW)
    expect(page.get_by_text("Purpose: for the post")).to_be_visible()
    press(page, "Import")
    expect(page.get_by_text("One record was imported.")).to_be_visible()
    page.get_by_label("Reason").fill("A slip.")
    press(page, "Take the import back")
    expect(page.get_by_text("The import was taken back.")).to_be_visible()
    assert not AISystem.objects.exists()
