"""Reads one YAML file into plain data, as OPA would, and remembers where everything stood.

The C parser's events are read in one pass. Nothing is ever made from a tag, no alias is ever followed and
nothing is nested deeper than `MAX_DEPTH`, so a hostile file costs no more than its bytes. Whatever two YAML
programs could read differently (duplicate keys, merge keys, anchors, tags, keys that are not text) is
refused: the portal, CI and an OPA in a cluster must see the same record.

Words and numbers resolve as in OPA's YAML library: `yes` is true, `0755` is 493, `1e3` is 1000, a date is
text.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

from django.utils.translation import gettext as _
from yaml import CSafeLoader, MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from registry.yaml_syntax import advice

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 50_000
MAX_PROBLEMS: Final = 20
"""After so many the rest is not looked for: nobody repairs them all before trying again."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
}
NUMBER_STARTS: Final = frozenset("+-.0123456789")
WHOLE: Final = re.compile(r"([-+]?)(?:0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*)|0[xX]([0-9a-fA-F]+))")
BASES: Final = (2, 8, 10, 16)
"""The bases of the groups of WHOLE after its sign."""
DECIMAL: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

Path: TypeAlias = tuple[str | int, ...]
"""Where something stands: keys of sections and indexes of lists, from the top."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a file. Line and column count from 1; the message says what to do."""

    line: int
    column: int
    message: str


class DocumentErrors(Exception):
    """A file cannot be used, for these reasons."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(f"{p.line}:{p.column}: {p.message}" for p in self.problems))


class Document:
    """What a file says, as dicts with text keys, lists, text, numbers, booleans and None."""

    __slots__ = ("_places", "data")

    def __init__(self, data: Any, places: Any) -> None:
        self.data = data
        # A scalar: its mark; a section: (mark, {key: (mark of the key, places)}); a list: (mark, [places]).
        self._places = places

    def position(self, path: Path) -> tuple[int, int]:
        """Line and column (from 1) of the value at the path; where there is none, of what should hold it."""
        places = self._places
        for step in path:
            children = places[1] if type(places) is tuple else ()
            if isinstance(children, dict) and step in children:
                places = children[step][1]
            elif isinstance(children, list) and isinstance(step, int) and step < len(children):
                places = children[step]
            else:
                break
        return _from_one(places[0] if type(places) is tuple else places)

    def key_position(self, path: Path) -> tuple[int, int]:
        """Line and column (from 1) of the key that ends the path; of the value where that is a list entry."""
        places = self._places
        for step in path[:-1]:
            places = places[1][step] if isinstance(step, int) else places[1][step][1]
        if path and isinstance(places[1], dict):
            return _from_one(places[1][path[-1]][0])
        return self.position(path)


def _from_one(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def read(data: bytes) -> Document:
    """The one document that the bytes of a YAML file hold.

    Raises DocumentErrors with every problem (at most `MAX_PROBLEMS`) where the file is empty, too big, not
    UTF-8, not YAML, or uses a part of YAML that programs disagree about.
    """
    if len(data) > MAX_BYTES:
        raise too_big(len(data))
    data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise DocumentErrors([_not_utf8(data, error)]) from error
    reader = _Reader(data)
    try:
        document = reader.document()
    except _TooMuch as error:
        raise DocumentErrors([*reader.problems, *error.args]) from None
    except MarkedYAMLError as error:
        raise DocumentErrors([*reader.problems, Problem(*advice(error, text))]) from error
    except (
        YAMLError
    ) as error:  # the parser's reader, which knows no line: a character that YAML does not allow
        raise DocumentErrors([_control_character(text)]) from error
    if reader.problems:
        raise DocumentErrors(reader.problems)
    return document


def too_big(size: int, most: int = MAX_BYTES) -> DocumentErrors:
    """The refusal of a file of `size` bytes."""
    message = _(
        "The file has %(size).1f MiB and may have at most %(most)d MiB: check that this is the right file."
    )
    return DocumentErrors([Problem(1, 1, message % {"size": size / 1024**2, "most": most // 1024**2})])


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> Problem:
    start = data.rfind(b"\n", 0, error.start) + 1
    return Problem(
        data.count(b"\n", 0, error.start) + 1,
        len(data[start : error.start].decode(errors="replace")) + 1,
        _("The byte 0x%(byte)02X here is not UTF-8: save the file with the encoding UTF-8.")
        % {"byte": data[error.start]},
    )


def _control_character(text: str) -> Problem:
    found = CONTROL.search(text)
    at = found.start() if found else 0
    return Problem(
        text.count("\n", 0, at) + 1,
        at - text.rfind("\n", 0, at),
        _("There is an invisible control character (U+%(code)04X) here: delete it.")
        % {"code": ord(text[at])},
    )


class _TooMuch(Exception):
    """Reading stops here; the argument is the problem that says why."""


class _Reader:
    """One pass over the parser's events. A problem that does not hide what follows is noted, not raised."""

    __slots__ = ("_next", "_nodes", "problems")

    def __init__(self, data: bytes) -> None:
        self._next = CSafeLoader(data).get_event
        self._nodes = 0
        self.problems: list[Problem] = []

    def document(self) -> Document:
        """The one document of the stream."""
        start: Any = self._next()
        event: Any = self._next()  # a document starts, or the stream ends
        if type(event) is StreamEndEvent:
            self._stop(start.start_mark, _("The file is empty: write the record into it."))
        event = self._next()
        value, places = self._node(event, 1)
        if value is None:
            self._stop(event.start_mark, _("The file is empty: write the record into it."))
        self._next()  # the document ends
        event = self._next()
        if type(event) is not StreamEndEvent:
            self._stop(
                event.start_mark, _("A second document starts here: put each record into a file of its own.")
            )
        return Document(value, places)

    def _node(self, event: Any, depth: int) -> tuple[Any, Any]:
        """The value that starts with the event, and its places."""
        kind = type(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(event.start_mark, _("The file has more than 50,000 entries: this is not a record."))
        if kind is AliasEvent:
            self._note(
                event.start_mark,
                _("*%(name)s refers to another place of the file: write the value out, or quote the text.")
                % {"name": shown(event.anchor)},
            )
            return None, event.start_mark
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        if kind is ScalarEvent:
            return self._scalar(event), event.start_mark
        if depth > MAX_DEPTH:
            self._stop(
                event.start_mark, _("This is nested more than 32 levels deep: a record needs at most 4.")
            )
        return self._section(event, depth) if kind is MappingStartEvent else self._list(event, depth)

    def _section(self, start: Any, depth: int) -> tuple[dict[str, Any], Any]:
        following: Callable[[], Any] = self._next
        values: dict[str, Any] = {}
        places: dict[str, Any] = {}
        while type(event := following()) is not MappingEndEvent:
            key, _place = self._node(event, depth + 1)
            mark = event.start_mark
            value, place = self._node(following(), depth + 1)
            if type(key) is not str or type(event) is not ScalarEvent:
                self._note_key(event, key)
            elif key == "<<" and not event.style:
                self._note(mark, _("Merge keys (<<) are not allowed: write the values out."))
            elif key in values:
                self._note(
                    mark,
                    _("“%(key)s” stands here twice, first on line %(line)d: keep one of them.")
                    % {"key": shown(key), "line": places[key][0].line + 1},
                )
            else:
                values[key] = value
                places[key] = (mark, place)
        return values, (start.start_mark, places)

    def _list(self, start: Any, depth: int) -> tuple[list[Any], Any]:
        values, places = [], []
        while type(event := self._next()) is not SequenceEndEvent:
            value, place = self._node(event, depth + 1)
            values.append(value)
            places.append(place)
        return values, (start.start_mark, places)

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.style:  # quoted, or a block: always text
            if event.style == '"' and (found := CONTROL.search(text)):
                self._note(
                    event.start_mark,
                    _("The text contains the control character U+%(code)04X: remove it.")
                    % {"code": ord(found.group())},
                )
            return text
        if text in WORDS:
            return WORDS[text]
        if text[0] in NUMBER_STARTS:
            return self._number(text, event)
        return text

    def _number(self, text: str, event: Any) -> int | float | str:
        plain = text.replace("_", "")
        if whole := WHOLE.fullmatch(plain):
            sign, *digits_by_base = whole.groups()
            digits, base = next(
                (digits, base) for digits, base in zip(digits_by_base, BASES, strict=True) if digits
            )
            # 64 bits are what OPA's library reads as a whole number; int() itself refuses very long ones.
            if len(digits) <= 64 and (whole_number := int(sign + digits, base)).bit_length() <= 64:
                return whole_number
        elif NOT_FINITE.fullmatch(text):
            self._note(
                event.start_mark,
                _("A record cannot hold this number: write a plain number, or quote the text."),
            )
            return text
        if DECIMAL.fullmatch(plain):
            number = float(plain)
            if not math.isfinite(number):
                self._note(
                    event.start_mark, _("This number is too large: if it is meant as text, put it in quotes.")
                )
            elif number.is_integer() and abs(number) < 1e15:
                return int(number)
            return number
        return text

    def _refuse_properties(self, event: Any) -> None:
        if event.tag is not None:
            self._note(
                event.start_mark,
                _("Tags (%(tag)s) are not allowed: remove the tag, or put the text in quotes.")
                % {"tag": shown(event.tag.replace("tag:yaml.org,2002:", "!!"))},
            )
        if event.anchor is not None:
            self._note(
                event.start_mark,
                _("Anchors (&%(name)s) are not allowed: remove it, and write the value out where it is used.")
                % {"name": shown(event.anchor)},
            )

    def _note_key(self, event: Any, key: Any) -> None:
        if type(event) is ScalarEvent:
            message = _("The key %(key)s is not read as text: put it in quotes.") % {
                "key": shown(event.value) or "~"
            }
        else:
            message = _(
                "A key must be text, not a list or a section: text that starts with { or [ needs quotes."
            )
        self._note(event.start_mark, message)

    def _note(self, mark: Any, message: str) -> None:
        self.problems.append(Problem(mark.line + 1, mark.column + 1, message))
        if len(self.problems) >= MAX_PROBLEMS:
            self._stop(mark, _("There may be more problems after this one."))

    def _stop(self, mark: Any, message: str) -> NoReturn:
        raise _TooMuch(Problem(mark.line + 1, mark.column + 1, message))


def shown(text: str) -> str:
    """A name from a file, short and harmless enough to stand in a message."""
    return printable(text if len(text) <= 60 else f"{text[:59]}…")


def printable(text: str) -> str:
    """The text without anything that a terminal would obey rather than show."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
