"""The YAML reader: what it reads as OPA would, what it refuses, and where it says a problem stands."""

import pytest

from registry.yaml_document import MAX_PROBLEMS, DocumentErrors, Problem, read


def problems(data: bytes) -> list[Problem]:
    with pytest.raises(DocumentErrors) as caught:
        read(data)
    return caught.value.problems


def only_problem(data: bytes) -> Problem:
    (problem,) = problems(data)
    return problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True),
        ("On", True),
        ("y", True),
        ("NO", False),
        ("off", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("0755", 493),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0b101", -5),
        ("1_000", 1000),
        ("089", 89),
        ("0x_", "0x_"),
        ("1e3", 1000),
        ("1.0", 1),
        (".5", 0.5),
        ("+12", 12),
        ("4.6.1", "4.6.1"),
        ("2026-01-15", "2026-01-15"),
        ("2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("18446744073709551615", 18446744073709551615),
        ("99999999999999999999999", 1e23),
        ("'yes'", "yes"),
        ('"0755"', "0755"),
    ],
)
def test_scalars_resolve_as_in_opa(written: str, value: object) -> None:
    found = read(f"key: {written}".encode()).data["key"]
    assert found == value
    assert type(found) is type(value)


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    document = read(b"\xef\xbb\xbfid: a")
    assert document.data == {"id": "a"}
    assert document.position(("id",)) == (1, 5)


def test_windows_line_ends_read_and_count_like_others() -> None:
    document = read(b"id: a\r\nname: b\r\n")
    assert document.data == {"id": "a", "name": "b"}
    assert document.position(("name",)) == (2, 7)


def test_a_merge_key_in_quotes_is_a_key_like_others() -> None:
    assert read(b'"<<": 1').data == {"<<": 1}


def test_positions_of_values_and_keys_count_from_one() -> None:
    document = read("name: é\ndata:\n  rag_sources:\n    - name: a\n      pii: {é: 1, b: 2}\n".encode())
    assert document.position(()) == (1, 1)
    assert document.position(("data", "rag_sources", 0, "name")) == (4, 13)
    assert document.key_position(("data", "rag_sources", 0, "pii")) == (5, 7)
    assert document.key_position(("data", "rag_sources", 0, "pii", "b")) == (5, 19)
    assert document.key_position(("data", "rag_sources", 0)) == (4, 7)


def test_the_position_of_what_is_not_there_is_that_of_its_holder() -> None:
    document = read(b"data:\n  logs: [a]\n")
    assert document.position(("data", "logs", 7, "x")) == (2, 9)


@pytest.mark.parametrize(
    ("data", "line", "column", "said"),
    [
        (b"", 1, 1, "empty"),
        (b"# only a comment\n", 1, 1, "empty"),
        (b"---\n---\n", 2, 1, "empty"),
        (b"a: 1\n---\nb: 2\n", 2, 1, "second document"),
        (b"a: 1\nb: 2\na: 3\n", 3, 1, "“a” stands here twice, first on line 1"),
        (b"1: a\n", 1, 1, "The key 1"),
        (b"on: a\n", 1, 1, "The key on"),
        (b"? [a]\n: b\n", 1, 3, "A key must be text"),
        (b"a: !!python/object/apply:os.system [id]\n", 1, 4, "!!python/object/apply:os.system"),
        (b'a: ! "yes"\n', 1, 4, "Tags"),
        (b"a: !!str 1\n", 1, 4, "Tags"),
        (b"a: &anchor 1\n", 1, 4, "&anchor"),
        (b"<<: {a: 1}\n", 1, 1, "Merge keys"),
        (b"a: .inf\n", 1, 4, "cannot hold this number"),
        (b"a: 1e999\n", 1, 4, "too large"),
        (b"a: " + b"9" * 5000, 1, 4, "too large"),
        (b"a: 1\nb: caf\xe9\n", 2, 7, "0xE9 here is not UTF-8"),
        ("ä: \0\n".encode(), 1, 4, "U+0000"),
        ("a: x\u0085".encode() + b"\x07", 1, 6, "U+0007"),
        (b'a: "\\0"\n', 1, 4, "U+0000"),
        (b'a: "\\ud800"\n', 1, 7, "backslash"),
        ("a: b".encode("utf-16"), 1, 1, "not UTF-8"),
        (b"a:\n\t- b\n", 2, 1, "tab"),
        (b"a: b: c\n", 1, 5, "colon"),
        (b"a: [1, 2\nb: 3\n", 2, 2, "add the missing comma or ]"),
        (b"a: {b: 1\n", 2, 1, "add the missing comma or }"),
        (b'a: "b\n', 2, 1, "quotes is not closed"),
        (b"a: @b\n", 1, 4, "cannot start with @"),
        (b"a: *.example.com\n", 1, 5, "put it in quotes"),
        (b"a: !x!y b\n", 1, 4, "Tags"),
        (b"a: |9x\n", 1, 6, "not valid YAML"),
    ],
)
def test_a_refusal_says_where_and_what(data: bytes, line: int, column: int, said: str) -> None:
    problem = only_problem(data)
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message


def test_an_unquoted_template_is_refused_as_a_key() -> None:
    assert all("quotes" in problem.message for problem in problems(b"a: {{ name }}\n"))


def test_all_problems_of_a_file_are_told_at_once() -> None:
    found = problems(b"a: &x 1\nb: *x\nb: 2\n3: 4\n")
    assert [problem.line for problem in found] == [1, 2, 3, 4]


def test_the_list_of_problems_ends() -> None:
    assert len(problems(b"".join(b"%d: a\n" % number for number in range(10_000)))) == MAX_PROBLEMS + 1


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- ", b"? ", b"[{a: "])
def test_deep_nesting_is_refused_without_being_followed(opening: bytes) -> None:
    problem = problems(opening * (900_000 // len(opening)))[-1]
    assert "32 levels" in problem.message


def test_nesting_of_32_levels_is_read() -> None:
    assert read(b"[" * 32 + b"]" * 32).data
    assert "32 levels" in only_problem(b"[" * 33 + b"]" * 33).message


def test_more_entries_than_any_record_has_are_refused() -> None:
    assert len(read(b"[" + b"a," * 49_999 + b"]").data) == 49_999
    assert "50,000" in only_problem(b"[" + b"a," * 50_000 + b"]").message


def test_more_than_a_mebibyte_is_refused() -> None:
    assert read(b"a: " + b"x" * (1024 * 1024 - 3)).data
    assert "1.0 MiB" in only_problem(b"a: " + b"x" * (1024 * 1024 - 2)).message


def test_escape_sequences_of_a_terminal_do_not_reach_messages() -> None:
    assert all("\x1b" not in problem.message for problem in problems(b'"\\e[31m": 1\n"\\e[31m": 2\n'))
