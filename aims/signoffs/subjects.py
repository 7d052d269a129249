"""What can be signed. Upper apps register their kinds in `ready()`; this app knows none of them."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rfc8785

from aims.ledger.changes import Change

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from aims.accounts.models import User
    from aims.accounts.roles import Role
    from aims.signoffs.models import SignOff


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing put to signature, as it is at this moment."""

    kind: str
    id: int
    title: str
    url: str
    key: str
    """What stands for it in the address of its decision page."""
    document: dict[str, Any]
    """Exactly what is signed; never other signatures, or each would undo the one before."""
    required: dict[str, str]
    """Role -> why policy asks for it."""
    authors: frozenset[Any]
    """Ids of the people who wrote or submitted it: four eyes keep them from signing."""
    open: bool = True
    """Whether a decision can be taken now; `closed_because` says why not."""
    closed_because: str = ""

    @property
    def signed_bytes(self) -> str:
        return canonical(self.document)

    @property
    def sha256(self) -> str:
        return digest(self.signed_bytes)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document for reading: a title with rows (label, value), or HTML.

    HTML has to be a SafeString, of a sanitiser's making; any other text is escaped on the page.
    """

    title: str
    rows: tuple[tuple[str, Any], ...] = ()
    html: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One decision that waits for a person."""

    title: str
    """What is to be decided: the subject's title."""
    request: Any
    """What is asked: “Sign for production”, “Decide about the impact assessment”."""
    role: "Role"
    url: str
    """The decision page."""
    since: dt.datetime
    detail: Any = ""
    """Why it waits: “signature is stale: 2 changes”, “never signed”."""
    due: dt.date | None = None
    """Until when policy wants it decided, where it says so."""


def plain_rows(differences: list[Change]) -> list[dict[str, str]]:
    """Changes as rows of path, label, before and after, for kinds whose fields have no better names."""
    return [
        {
            "path": change.path,
            "label": change.path,
            "before": _text(change.before),
            "after": _text(change.after),
        }
        for change in differences
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of subject is found and what follows from a decision about it."""

    name: str
    label: Any
    load: Callable[["User", str], Subject]
    """(who asks, key in the URL) -> subject; raises Http404 where the person may not see it."""
    load_locked: Callable[["User", str], Subject]
    """The same inside a transaction, with the rows that the decision rests on locked."""
    load_by_id: Callable[["User", int], Subject]
    """(who asks, `Subject.id`) -> subject as it is now, for what is known of it by a signature alone;
    raises Http404 where the person may not see it."""
    sections: Callable[[dict[str, Any]], Iterable[Section]]
    """A document, present or signed long ago, in words. All of it: people sign what they read here."""
    meaning: Callable[[Subject, str], str]
    """(subject, role) -> the sentence that an approval stands for."""
    decided: Callable[[Subject, "SignOff"], None]
    """Called in the transaction of each decision, for what follows from it."""
    withdrawn: Callable[["SignOff"], None]
    """Called in the transaction of each withdrawal."""
    waiting_for: Callable[["User", int], Iterable["Waiting"]]
    """(person, how many) -> the first subjects of this kind that a role of theirs has to decide about now."""
    all_waiting: Callable[["User"], "QuerySet[Any]"]
    """(person) -> a row for each such subject; counted on every page, all kinds in one query."""
    change_rows: Callable[[list[Change]], list[dict[str, str]]] = plain_rows
    """Changes between two documents as rows of path, label, before and after, for the diff."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def kind(name: str) -> Kind | None:
    return _kinds.get(name)


def kinds() -> Iterable[Kind]:
    return _kinds.values()


def canonical(document: dict[str, Any]) -> str:
    """RFC 8785: one text for one document, whoever writes it."""
    return rfc8785.dumps(document).decode()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
