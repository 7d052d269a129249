"""Spreadsheets that people and attackers send: what is read, and what is refused with which advice."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook

from aims.tables import xlsx_reading
from aims.tables.reading import read_table
from aims.tables.sheet import MAX_COLUMNS, MAX_ROWS, Sheet, Unreadable, Wrong, address

ROWS = "id,name\nfirst,First\n"


def read_csv(data: str | bytes) -> Sheet:
    return read_table("systems.csv", data.encode() if isinstance(data, str) else data)


def workbook(*rows: list[Any], title: str = "Systems", **more: list[list[Any]]) -> bytes:
    """An XLSX file with these rows, and further sheets by their names."""
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, others in more.items():
        other = book.create_sheet(name)
        for row in others:
            other.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def rewritten(data: bytes, change: Callable[[str, bytes], bytes], **added: bytes) -> bytes:
    """The archive with every part as `change(name, content)` makes it, and some more."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
        for name, content in added.items():
            new.writestr(name, content)
    return kept.getvalue()


def in_sheet(data: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with something in its first sheet replaced."""

    def change(name: str, content: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return content
        assert old in content
        return content.replace(old, new)

    return rewritten(data, change)


SIMPLE = workbook(["id", "name"], ["first", "First"])


def with_parts(parts: dict[str, bytes]) -> bytes:
    """A sound workbook with more in it."""
    return rewritten(SIMPLE, lambda name, content: content, **parts)


# --- CSV ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_csv_is_read_in_every_encoding_that_spreadsheets_write(encoding: str) -> None:
    sheet = read_csv("id,name\nfirst,Größe – “€”\n".encode(encoding))
    assert (sheet.headers, sheet.rows[0].values) == (["id", "name"], ["first", "Größe – “€”"])
    assert bool(sheet.notes) == (encoding == "cp1252"), "a guess is said"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    text = ROWS.replace(",", separator) + f'second{separator}"a, b; c"\n'
    assert [row.values for row in read_csv(text).rows] == [["first", "First"], ["second", "a, b; c"]]


def test_what_excel_says_of_its_separator_is_no_header() -> None:
    sheet = read_csv("sep=;\nid;name\nfirst;First\n")
    assert (sheet.headers, sheet.rows[0].number) == (["id", "name"], 3)


def test_line_breaks_in_quotes_do_not_move_the_rows() -> None:
    sheet = read_csv('id,name\nfirst,"two\nlines"\nsecond,Second\n')
    assert [(row.number, row.values[1]) for row in sheet.rows] == [(2, "two\nlines"), (3, "Second")]


def test_titles_and_empty_rows_above_the_header_are_passed_over() -> None:
    sheet = read_csv("AI inventory 2026\n\nid,name,\n,,\nfirst,First,x\n")
    assert (sheet.headers, sheet.rows[0].number) == (["id", "name", "Column C"], 5)


def test_a_short_row_is_filled_up_and_a_column_without_values_is_left_out() -> None:
    sheet = read_csv("id,name,a,,,\nfirst\n")
    assert sheet.rows[0].values == ["first", None, None]


def test_the_quote_that_disarms_formulas_is_taken_off_again() -> None:
    assert read_csv("id,name\nfirst,'=1+1\n").rows[0].values[1] == "=1+1"
    assert read_csv("id,name\nfirst,'quoted'\n").rows[0].values[1] == "'quoted'"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"id,name\n", "no row below"),
        (b"only words\n", "no row of column names"),
        (b"\x00\x01\x02\x03" * 200, "not a text file"),
        (b"id,name\n\x81\x8d,x\n", "CSV UTF-8"),
        (b"\xff\xfe\x00\xd8a\x00", "CSV UTF-8"),
        (b'id,name\nfirst,"' + b"x" * 1_000_000 + b'"\n', "Row 2"),
        (b"id,name\n" + b"a," * 100_000 + b"b\n", f"{MAX_COLUMNS} columns"),
        (b"id,name\n" + b"a,b\n" * (MAX_ROWS + 1), f"{MAX_ROWS} rows"),
        (b"x" * (21 * 1024 * 1024), "20 MiB"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel"),
    ],
    ids=["nothing", "blank", "header only", "prose", "binary", "no encoding", "lone surrogate", "huge cell",
         "columns", "rows", "size", "xls"],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_with_advice(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_csv(data)


def test_a_cell_that_cannot_be_kept_is_refused_by_itself() -> None:
    (row,) = read_csv(b"id,name,purpose\nfirst,a\x00b," + b"x" * 30_000 + b"\n").rows
    nul, long = row.values[1:]
    assert isinstance(nul, Wrong)
    assert "U+0000" in nul.message
    assert isinstance(long, Wrong)
    assert "30000 characters" in long.message


# --- XLSX --------------------------------------------------------------------------------------------------


def test_cells_keep_their_kind_and_dates_become_text() -> None:
    sheet = read_table(
        "s.xlsx",
        workbook(
            ["id", "name", "pinned", "days", "share", "on", "at"],
            ["first", "First", True, 365.0, 0.5, dt.date(2026, 3, 4), dt.datetime(2026, 3, 4, 12, 30)],
        ),
    )
    assert sheet.rows[0].values == [
        "first", "First", True, 365, 0.5, "2026-03-04", "2026-03-04 12:30:00",
    ]  # fmt: skip


def test_a_formula_counts_by_the_value_that_was_saved_with_it() -> None:
    data = in_sheet(
        workbook(["id", "name"], ["first", "=A2&1"]), b"<f>A2&amp;1</f><v />", b"<f>A2&amp;1</f><v>7</v>"
    )
    assert read_table("s.xlsx", data).rows[0].values == ["first", 7]


def test_a_formula_that_gives_an_empty_text_is_an_empty_cell() -> None:
    data = in_sheet(
        workbook(["id", "name"], ["first", '=IF(1,"","")']),
        b'<c r="B2"><f>IF(1,"","")</f><v /></c>',
        b'<c r="B2" t="str"><f>IF(1,"","")</f><v></v></c>',
    )
    assert read_table("s.xlsx", data).rows[0].values == ["first", None]


@pytest.mark.parametrize(("formula", "words"), [("=A2&1", "has no value yet"), ("#REF!", "gives #REF!")])
def test_a_formula_without_a_value_is_refused_by_its_cell(formula: str, words: str) -> None:
    value = read_table("s.xlsx", workbook(["id", "name"], ["first", formula])).rows[0].values[1]
    assert isinstance(value, Wrong)
    assert words in value.message


def test_the_first_visible_sheet_with_a_table_is_read_and_the_others_named() -> None:
    data = workbook(["Read me"], title="Intro", Systems=[["id", "name"], ["first", "First"]], Old=[["x"]])
    sheet = read_table("s.xlsx", data)
    assert (sheet.name, sheet.rows[0].values) == ("Systems", ["first", "First"])
    assert "Intro, Old" in sheet.notes[0]


def test_a_sheet_can_be_named() -> None:
    data = workbook(["id", "name"], ["a", "A"], Second=[["id", "name"], ["b", "B"]])
    assert read_table("s.xlsx", data, sheet="second").rows[0].values == ["b", "B"]
    with pytest.raises(Unreadable, match="It has: Systems, Second"):
        read_table("s.xlsx", data, sheet="Third")


def test_gaps_and_formats_far_away_cost_nothing() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    assert len(read_table("s.xlsx", in_sheet(SIMPLE, b"</sheetData>", far)).rows) == 1


BOMB = b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"


def _with_entities(part: str) -> bytes:
    def change(name: str, content: bytes) -> bytes:
        return content.replace(b"<", BOMB + b"<", 1) if name == part else content

    return rewritten(workbook(["id", "name"], ["first", "First"]), change)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 and nothing", "damaged"),
        (SIMPLE[: len(SIMPLE) // 2], "damaged"),
        (b"id,name\nfirst,First\n", "not an XLSX"),
        (with_parts({"xl/vbaProject.bin": b"x"}), "macros"),
        (with_parts({"mimetype": b"opendocument"}), "OpenDocument"),
        (rewritten(SIMPLE, lambda name, content: b"<worksheet"), "damaged"),
        (_with_entities("xl/worksheets/sheet1.xml"), "damaged"),
        (_with_entities("xl/workbook.xml"), "damaged"),
        (_with_entities("xl/styles.xml"), "damaged"),
        (with_parts({"xl/media/a.png": bytes(9 * 1024**2)}), "too large"),
        (in_sheet(SIMPLE, b"</row>", b'<c r="ZZ1"><v>1</v></c></row>'), "columns"),
        (in_sheet(SIMPLE, b"</sheetData>", b'<row r="9999999"><c><v>1</v></c></row></sheetData>'), "rows"),
        (workbook(["id", "name"]), "no row below"),
    ],
    ids=["no zip", "cut off", "csv", "macros", "ods", "broken xml", "entities in the sheet",
         "entities in the workbook", "entities in the styles", "bomb", "columns", "rows", "empty"],
)  # fmt: skip
def test_a_workbook_that_cannot_be_read_is_refused_with_advice(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_table("systems.xlsx", data)


def test_a_sheet_of_millions_of_empty_cells_is_put_down_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_reading, "MAX_ELEMENTS", 1000)
    cells = b"<row>" + b"<c/>" * 1000 + b"</row></sheetData>"
    with pytest.raises(Unreadable, match="rows"):
        read_table("systems.xlsx", in_sheet(SIMPLE, b"</sheetData>", cells))


def test_a_workbook_whose_sizes_lie_does_not_inflate() -> None:
    """The directory of the archive says 10 bytes of a part that holds 100 MiB."""
    data = with_parts({"xl/media/a.png": bytes(100 * 1024**2)})
    size = (100 * 1024**2).to_bytes(4, "little")
    assert size in data
    with pytest.raises(Unreadable):
        read_table("systems.xlsx", data.replace(size, (10).to_bytes(4, "little")))


def test_links_to_other_files_are_not_followed() -> None:
    data = with_parts({"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})
    assert read_table("s.xlsx", data).rows[0].values == ["first", "First"]


def test_addresses_are_those_of_a_spreadsheet() -> None:
    assert [address(*place) for place in ((0, 1), (25, 2), (26, 3), (701, 4), (702, 5))] == [
        "A1", "Z2", "AA3", "ZZ4", "AAA5",
    ]  # fmt: skip
