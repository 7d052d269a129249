"""Turns what the schema refuses into problems with line, column and what to do about it."""

import difflib
import inspect
from collections.abc import Iterator
from typing import Any, Final, get_args

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from registry.yaml_document import Document, Path, Problem, shown

MAX_PROBLEMS: Final = 50


def problems_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """Every problem (at most 50) that validating the document against the model brought up."""
    return [_problem(details, document, model) for details in error.errors(include_url=False)[:MAX_PROBLEMS]]


def problems_by_path(error: ValidationError, data: Any, model: type[BaseModel]) -> list[tuple[str, str]]:
    """The same problems for a form: (dotted path without numbers of list entries, message)."""
    found = []
    for details in error.errors(include_url=False)[:MAX_PROBLEMS]:
        path = _path_in(data, details["loc"])
        if details["type"] == "missing":
            path = (*path, details["loc"][-1])
        found.append(
            (".".join(step for step in path if isinstance(step, str)), _message(details, path, model))
        )
    return found


def _problem(details: ErrorDetails, document: Document, model: type[BaseModel]) -> Problem:
    path = _path_in(document.data, details["loc"])
    match details["type"]:
        case "missing" | "extra_forbidden":
            line, column = document.key_position(path)
        case "repeated":
            line, column = document.position((*path, details["ctx"]["index"]))
        case _other:
            line, column = document.position(path)
    return Problem(line, column, _message(details, path, model))


def _message(details: ErrorDetails, path: Path, model: type[BaseModel]) -> str:
    match details["type"]:
        case "missing":
            return _("“%(key)s” is missing: add the line “%(key)s: …”.") % {"key": details["loc"][-1]}
        case "extra_forbidden":
            return _unknown_key(path, model)
        case "repeated":
            return _("“%(entry)s” stands in %(where)s twice: keep one of them.") % {
                "entry": shown(str(details["ctx"]["entry"])),
                "where": _name(path),
            }
        case _other:
            return _wrong_value(details, path)


def _path_in(data: Any, loc: tuple[str | int, ...]) -> Path:
    """The steps of pydantic's location that exist in the data: it also names branches of a union there."""
    path: list[str | int] = []
    for step in loc:
        match data:
            case dict() if step in data:
                data = data[step]
            case list() if isinstance(step, int):
                data = data[step]
            case _other:
                continue
        path.append(step)
    return tuple(path)


def _name(path: Path) -> str:
    """A path as people write it: data.rag_sources[2].pii, counting entries from 1."""
    name = ""
    for step in path:
        name += f"[{step + 1}]" if isinstance(step, int) else f".{shown(step)}"
    return name.removeprefix(".") or _("the record")


def _unknown_key(path: Path, model: type[BaseModel]) -> str:
    key = str(path[-1])
    here = _model_at(path[:-1], model)
    message = _("“%(key)s” is not a key of %(where)s: remove it") % {
        "key": shown(key),
        "where": _name(path[:-1]),
    }
    if elsewhere := next((name for name, section in _sections(model) if key in section.model_fields), None):
        return message + _(", or move it to %(section)s where it belongs.") % {"section": elsewhere}
    if near := difflib.get_close_matches(shown(key).lower(), here.model_fields, n=1):
        return message + _(". Did you mean “%(near)s”?") % {"near": near[0]}
    return message + _(". The keys here are %(keys)s.") % {"keys": ", ".join(here.model_fields)}


def _wrong_value(details: ErrorDetails, path: Path) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "literal_error":
            advice = _("write one of %(expected)s")
        case "bool_type":
            advice = _("write true or false, without quotes")
        case "int_type":
            advice = _("write a whole number, without quotes")
        case "reserved":
            advice = _("the portal needs this address itself; choose another one")
        case "control":
            advice = _("remove the invisible character U+%(code)s")
        case "string_type" if details["loc"][-1] == "word":
            advice = _("write one word, such as none-fine-tuning, or a list of sources")
        case "string_type":
            advice = _("write text here; a number, or a word such as yes or null, needs quotes to be text")
        case "string_too_long":
            advice = _("write at most %(max_length)s characters")
        case "string_too_short":
            advice = _("write a word here, or remove the entry")
        case "string_pattern_mismatch" if path == ("id",):
            advice = _(
                "use small letters, digits and single hyphens between them, such as claude-rag-assistant"
            )
        case "string_pattern_mismatch":
            advice = _(
                "write the short name of a team, letters, digits and hyphens, such as team-ai-platform"
            )
        case "too_long":
            advice = _("list at most %(max_length)s entries")
        case "list_type":
            advice = _("write a list, such as [first, second]")
        case "model_type":
            advice = _("write its keys here, each as “key: value” on a line of its own")
        case "greater_than_equal":
            advice = _("write a number not below %(ge)s")
        case "less_than_equal":
            advice = _("write a number not above %(le)s")
        case "day":
            advice = _("write a day of the calendar as YYYY-MM-DD")
        case _other:
            advice = details["msg"].replace("%", "%%")
    return _("%(name)s is %(value)s: %(advice)s.") % {
        "name": _name(path),
        "value": _shown_value(details["input"]),
        "advice": advice % context,
    }


def _shown_value(value: Any) -> str:
    match value:
        case None:
            return _("empty")
        case bool():
            return "true" if value else "false"
        case str():
            return f"“{shown(value)}”" if value else _("empty")
        case list():
            return _("a list")
        case dict() | BaseModel():
            return _("a section")
        case _other:
            return str(value)


def _model_at(path: Path, model: type[BaseModel]) -> type[BaseModel]:
    for step in path:
        if isinstance(step, str) and (inner := _model_in(model.model_fields[step].annotation)):
            model = inner
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _sections(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The sections that stand at the top of the record, by name."""
    for name, field in model.model_fields.items():
        if section := _model_in(field.annotation):
            yield name, section
