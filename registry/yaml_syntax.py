"""Turns what the YAML parser says about broken syntax into what a person can do about it."""

from django.utils.translation import gettext as _
from yaml import MarkedYAMLError


def advice(error: MarkedYAMLError, text: str) -> tuple[int, int, str]:
    """Line and column (from 1) of broken syntax in `text`, and a sentence that says how to repair it."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return (
        line + 1,
        column + 1,
        _sentence(str(error.problem), str(error.context or ""), _character(text, line, column)),
    )


def _character(text: str, line: int, column: int) -> str:
    """The character at a position that counts from 0, or nothing where the text ends before it."""
    lines = text.splitlines()
    return lines[line][column : column + 1] if line < len(lines) else ""


def _sentence(problem: str, context: str, character: str) -> str:
    match problem:
        case "found character that cannot start any token" if character == "\t":
            return _("A tab stands where YAML allows only spaces: indent with spaces.")
        case "found character that cannot start any token":
            return _("A text cannot start with %(character)s: put it in quotes.") % {
                "character": character or "this"
            }
        case "mapping values are not allowed in this context":
            return _(
                "A colon is not allowed here: put a text that contains a colon in quotes, and check that "
                "this line is indented like the others of its section and that the line above has its colon."
            )
        case "block sequence entries are not allowed in this context":
            return _("A list entry cannot start here: begin the list on a line of its own.")
        case "did not find expected ',' or ']'":
            return _("A list in square brackets is not closed before this point: add the missing comma or ].")
        case "did not find expected ',' or '}'":
            return _(
                "A section in curly brackets is not closed before this point: add the missing comma or }."
            )
        case "found unexpected end of stream" | "found unexpected document indicator":
            return _("A text in quotes is not closed: add the missing quote.")
        case "could not find expected ':'":
            return _("The line before this point has no colon: write “key: value”.")
        case "did not find expected key" | "did not find expected '-' indicator":
            return _(
                "This does not belong to the section that it stands in: indent it like the lines around it, "
                "and check the quotes and brackets of the line above."
            )
        case "did not find expected <document start>":
            return _("This does not belong to the record above: check that its first lines are not indented.")
        case "did not find expected alphabetic or numeric character":
            return _("A text cannot start with * or &: put it in quotes.")
        case "found unknown escape character" | "found invalid Unicode character escape code":
            return _(
                "A backslash in double quotes starts a special character, and there is none of this name: "
                "use single quotes, or write two backslashes."
            )
        case "found undefined tag handle":
            return _(
                "Tags (words that start with !) are not allowed: remove the tag, or put the text in quotes."
            )
        case _other:
            said = f"{context}: {problem}" if context else problem
            return _("This is not valid YAML (%(said)s): check indentation, quotes and brackets.") % {
                "said": said
            }
