"""METADATA comments: what a rule says about itself.

A block starts with the line `# METADATA`, goes on to the first line that is no comment, and holds YAML. It
describes the statement that follows it, as `opa inspect -a` reads it
(https://www.openpolicyagent.org/docs/policy-language#metadata).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Block:
    """One METADATA block: its lines, first and last (from 1), and what it says, or why it cannot be read."""

    line: int
    last_line: int
    content: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def blocks(source: str) -> list[Block]:
    """All METADATA blocks of a module, from top to bottom."""
    found: list[Block] = []
    lines = source.split("\n")
    number = 0
    while number < len(lines):
        start = number
        number += 1
        if lines[start].rstrip() != "# METADATA":
            continue
        while number < len(lines) and lines[number].startswith("#"):
            number += 1
        # "#" becomes a space, so that columns and YAML's indentation stay as the author sees them.
        text = "\n".join(" " + line[1:] for line in lines[start + 1 : number])
        found.append(_block(text, start + 1, number))
    return found


def _block(text: str, line: int, last_line: int) -> Block:
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {line + 1 + mark.line}: " if mark else ""
        return Block(line, last_line, problem=f"{where}{getattr(error, 'problem', None) or 'not YAML'}")
    if not isinstance(content, dict):
        return Block(line, last_line, problem="it holds no keys")
    return Block(line, last_line, content)
