"""A cell of a spreadsheet as a value of the record. What could mean two things is refused, not guessed."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from django.utils.translation import gettext as _

from aims.tables.sheet import Value, Wrong
from registry.imports.fields import Field
from registry.yaml_document import shown

Dates = Literal["", "day", "month", "refuse"]
"""What comes first in a date such as 03/04/2026, or that such a date is refused; nothing: nobody said yet."""

BLANK: Final = ""
REFUSE: Final = "!"
"""What a person can say of a text that is no value of the field, beside a value."""


class CellRefused(Exception):
    """The cell holds nothing that can be imported; the message says why and what to do."""


class UnknownChoice(CellRefused):
    """The text is none of the field's values, and nobody has said which it means."""


class AmbiguousDate(CellRefused):
    """Day and month could be either way round."""


def value_of(field: Field, cell: Value, *, meanings: Mapping[str, str], dates: Dates = "") -> Any:
    """What the cell says; None for a blank one. `meanings` are a person's: normal text -> value.

    Raises CellRefused.
    """
    if isinstance(cell, Wrong):
        raise CellRefused(cell.message)
    if cell is None:
        return None
    match field.kind:
        case "choice":
            return _choice(field, str(cell), meanings)
        case "yes_no":
            return _yes_no(field, cell, meanings)
        case "words":
            return _words(str(cell))
        case "number":
            return _number(field, cell)
        case "date":
            return _date(field, cell, dates)
        case "training":
            return _training(str(cell))
        case "sources":
            return _entries(str(cell), "location")
        case _text:
            return _text_of(cell)


def normal(text: str) -> str:
    """A text as it is compared: without case, and with one space for all that divides words."""
    return " ".join(re.split(r"[\s_\-/.:]+", text.casefold().strip(" .:*?()[]"))).strip()


_SYNONYMS: Final[dict[str, dict[str, str]]] = {
    "classification.risk_tier": {
        "low": "low, low risk, minor, niedrig, gering",
        "medium": "medium, medium risk, moderate, mittel",
        "high": "high, high risk, hoch",
        "critical": "critical, critical risk, very high, kritisch, sehr hoch",
    },
    "classification.data_sensitivity": {
        "public": "public, öffentlich",
        "internal": "internal, internal use, internal only, intern",
        "confidential": "confidential, vertraulich",
        "pii": "pii, personal data, personal, personenbezogen, personenbezogene daten",
        "special_category": "special category, special categories, besondere kategorie, besondere kategorien",
    },
    "classification.eu_ai_act_tier": {
        "out_of_scope": "out of scope, not in scope, none, nicht anwendbar",
        "minimal": "minimal, minimal risk, minimales risiko",
        "limited": "limited, limited risk, transparency, begrenzt, begrenztes risiko",
        "high": "high, high risk, annex iii, hoch, hochrisiko",
        "prohibited": "prohibited, unacceptable, unacceptable risk, verboten",
    },
    "deployment.environment": {
        "development": "development, dev, entwicklung",
        "staging": "staging, stage, test, testing, uat, acceptance, pre production",
        "production": "production, prod, live, produktion, produktiv",
    },
}
_YES: Final = frozenset(["yes", "y", "true", "1", "x", "ja", "wahr", "✓", "✔"])
_NO: Final = frozenset(["no", "n", "false", "0", "nein", "falsch", "✗", "✘"])


def known_choices(field: Field) -> dict[str, str]:
    """Normal text -> value, of everything that is understood without asking."""
    known = {normal(value): value for value in field.options}
    known |= {normal(label): value for value, label in field.options.items()}
    for value, words in _SYNONYMS.get(field.path, {}).items():
        known |= {normal(word): value for word in words.split(",")}
    return known


def _choice(field: Field, text: str, meanings: Mapping[str, str]) -> str | None:
    found = meanings.get(normal(text))
    if found == BLANK:
        return None
    if found is None or found == REFUSE:
        raise UnknownChoice(
            _("“%(text)s” is not a value of “%(field)s”: write one of %(values)s.")
            % {"text": shown(text), "field": field.label, "values": ", ".join(field.options)}
        )
    return found


def _yes_no(field: Field, cell: Value, meanings: Mapping[str, str]) -> bool | None:
    if isinstance(cell, bool):
        return cell
    word = normal(str(cell)) or str(cell).strip()
    found = meanings.get(word)
    if found == BLANK:
        return None
    if word in _YES or found == "yes":
        return True
    if word in _NO or found == "no":
        return False
    raise UnknownChoice(
        _("“%(text)s” is neither yes nor no: write one of the two in “%(field)s”.")
        % {"text": shown(str(cell)), "field": field.label}
    )


def _words(text: str) -> list[str]:
    """Entries divided by semicolons or line breaks; by commas where there is neither. Each counts once."""
    divider = r"[;\n]" if re.search(r"[;\n]", text) else ","
    return list(dict.fromkeys(word.strip() for word in re.split(divider, text) if word.strip()))


def _number(field: Field, cell: Value) -> int:
    text = re.sub(r"\s*(days?|tage?|d)$", "", str(cell).strip(), flags=re.IGNORECASE)
    if isinstance(cell, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
        raise CellRefused(
            _("“%(text)s” is not a whole number: write one in “%(field)s”.")
            % {"text": shown(str(cell)), "field": field.label}
        )
    return int(text)


_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        [
            "jan january januar",
            "feb february februar",
            "mar march märz mrz",
            "apr april",
            "may mai",
            "jun june juni",
            "jul july juli",
            "aug august",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december dez dezember",
        ],
        1,
    )
    for name in names.split()
}
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{2}:\d{2}[\d:.]*)?")
_DOTTED: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHED: Final = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_NAMED: Final = re.compile(r"(\d{1,2})\.?[ -]([^\W\d]+)\.?[ -](\d{4})")
_NAMED_FIRST: Final = re.compile(r"([^\W\d]+)\.? (\d{1,2}),? (\d{4})")


def _date(field: Field, cell: Value, dates: Dates) -> str:
    text = str(cell).strip()
    day = _day(text, dates)
    if day is None:
        raise CellRefused(
            _("“%(text)s” is not a day of the calendar: write “%(field)s” as YYYY-MM-DD.")
            % {"text": shown(text), "field": field.label}
        )
    return day.isoformat()


def _day(text: str, dates: Dates) -> dt.date | None:
    try:
        if found := _ISO.fullmatch(text):
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DOTTED.fullmatch(text):  # with dots, everywhere, the day stands first
            return dt.date(int(found[3]), int(found[2]), int(found[1]))
        if found := _SLASHED.fullmatch(text):
            return _slashed(text, int(found[1]), int(found[2]), int(found[3]), dates)
        if (found := _NAMED.fullmatch(text)) and (month := _MONTHS.get(found[2].casefold())):
            return dt.date(int(found[3]), month, int(found[1]))
        if (found := _NAMED_FIRST.fullmatch(text)) and (month := _MONTHS.get(found[1].casefold())):
            return dt.date(int(found[3]), month, int(found[2]))
    except ValueError:
        pass
    return None


def _slashed(text: str, first: int, second: int, year: int, dates: Dates) -> dt.date:
    if dates not in ("day", "month") and first <= 12 and second <= 12 and first != second:
        raise AmbiguousDate(
            _("In “%(text)s” day and month could be either way round: write the date as YYYY-MM-DD.")
            % {"text": shown(text)}
        )
    month_first = dates == "month" or (dates != "day" and second > 12)
    return dt.date(year, first, second) if month_first else dt.date(year, second, first)


def _training(text: str) -> str | list[dict[str, str]]:
    """One word about the training data, or the sources."""
    if not re.search(r"[|;\n]", text):
        return text
    return _entries(text, "source")


def _entries(text: str, second: str) -> list[dict[str, str]]:
    """Named things: “name | what `second` says”, divided by semicolons or line breaks."""
    found = []
    for entry in re.split(r"[;\n]", text):
        name, _bar, rest = (part.strip() for part in entry.partition("|"))
        if name or rest:
            found.append({"name": name} | ({second: rest} if rest else {}))
    return found


def _text_of(cell: Value) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return " ".join(str(cell).split())
