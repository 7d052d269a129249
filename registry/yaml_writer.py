"""Writes a record as YAML in the look of the source article, such that every reader reads the same back."""

import json
import re
from typing import Any, Final

from registry.yaml_document import WORDS

# Text that starts with a letter is never a number or a date, and no character here means anything to YAML.
PLAIN: Final = re.compile(r"[A-Za-z](?:[\w./@+()-]|:(?=[\w/])| (?=[\w(]))*")
# Older YAML programs trip over a colon in a list in brackets.
PLAIN_IN_LIST: Final = re.compile(r"[A-Za-z](?:[\w./@+()-]| (?=[\w(]))*")
# JSON leaves these as they are; YAML reads some as line breaks and refuses the others.
NOT_AS_THEY_ARE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def dump_yaml(document: dict[str, Any]) -> str:
    """The YAML of `Record.document()`: sections and lists of them as blocks, lists of words in brackets."""
    return "".join(f"{line}\n" for line in _section(document))


def _section(section: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, value in section.items():
        if isinstance(value, dict) and value:
            lines += [f"{key}:", *(f"  {line}" for line in _section(value))]
        elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
            lines.append(f"{key}:")
            for entry in value:
                first, *rest = _section(entry)
                lines += [f"  - {first}", *(f"    {line}" for line in rest)]
        elif isinstance(value, list):
            lines.append(f"{key}: [{', '.join(_scalar(entry, PLAIN_IN_LIST) for entry in value)}]")
        else:
            lines.append(f"{key}: {_scalar(value, PLAIN)}")
    return lines


def _scalar(value: Any, plain: re.Pattern[str]) -> str:
    if isinstance(value, str) and plain.fullmatch(value) and value not in WORDS:
        return value
    return NOT_AS_THEY_ARE.sub(
        lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value, ensure_ascii=False)
    )
