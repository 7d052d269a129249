"""The kinds of values that a record holds, each with its limits."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from registry.yaml_document import CONTROL

Entry = TypeVar("Entry")


def _real_day(text: str) -> str:
    """The text, if it is a day of the calendar as YYYY-MM-DD."""
    try:
        written_so = dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        written_so = False
    if not written_so:
        raise PydanticCustomError("day", "not a day of the calendar")
    return text


def once(key: Callable[[Any], object]) -> Callable[[list[Entry]], list[Entry]]:
    """A validator that refuses a list in which two entries have the same key."""

    def check(entries: list[Entry]) -> list[Entry]:
        seen: set[object] = set()
        for index, entry in enumerate(entries):
            if (this := key(entry)) in seen:
                raise PydanticCustomError("repeated", "stands here twice", {"index": index, "entry": this})
            seen.add(this)
        return entries

    return check


def _writable(text: str) -> str:
    """The text, if YAML can hold it and a database keep it: what a form takes in goes out in a file."""
    if found := CONTROL.search(text):
        raise PydanticCustomError("control", "an invisible character", {"code": f"{ord(found.group()):04X}"})
    return text


def _free(text: str) -> str:
    """The text, unless it is an address that the portal needs: /systems/new/ is the form for a new system."""
    if text == "new":
        raise PydanticCustomError("reserved", "taken by the portal")
    return text


SystemId: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64),
    AfterValidator(_free),
]
Line: TypeAlias = Annotated[str, StringConstraints(max_length=200), AfterValidator(_writable)]
LongLine: TypeAlias = Annotated[str, StringConstraints(max_length=500), AfterValidator(_writable)]
Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_writable)]
Words: TypeAlias = Annotated[list[Word], Field(max_length=200), AfterValidator(once(lambda word: word))]
Day: TypeAlias = Annotated[str, AfterValidator(_real_day), Field(json_schema_extra={"format": "date"})]
Days: TypeAlias = Annotated[int, Field(ge=0, le=36_500)]
