"""The Rego engine: regorus, with every builtin that reaches outside taken away.

An engine belongs to the thread that made it. Use from another one raises pyo3's `PanicException`, which is a
`BaseException` and no `Exception`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import regorus

from aims.policy.findings import PolicyError
from aims.policy.syntax import engine_text

# A verdict follows from the document and the policies alone: no network, no environment, no chance.
FORBIDDEN_BUILTINS: Mapping[str, int] = {
    "http.send": 1,
    "opa.runtime": 0,
    "rand.intn": 2,
    "uuid.rfc4122": 1,
}
_UNDEFINED = "<undefined>"


def new_engine(sources: Iterable[tuple[str, str]], now_ns: Callable[[], int]) -> regorus.Engine:
    """An engine with these (name, source) modules; `time.now_ns()` in them answers `now_ns()`."""
    engine = regorus.Engine()
    for builtin, arity in FORBIDDEN_BUILTINS.items():
        engine.add_extension(builtin, arity, _refusal(builtin))
    engine.add_extension("time.now_ns", 0, now_ns)
    for name, source in sources:
        engine.add_policy(name, source)
    return engine


def set_document(engine: regorus.Engine, document: Mapping[str, Any] | str) -> None:
    """Give the engine the document to judge, as data or as the JSON text of it.

    Through JSON on purpose: it is as fast as `set_input`, which in regorus 0.13 crashes the process on a lone
    surrogate ("\\ud800") and on deep nesting, where JSON raises an error.
    """
    if not isinstance(document, str):
        document = json.dumps(document, allow_nan=False, separators=(",", ":"))
    engine.set_input_json(document)


def evaluate(engine: regorus.Engine, path: str) -> Any:
    """The value of a rule such as "data.ai.signoffs.required"; sets come back as sorted lists.

    Raises PolicyError where the rule has no value.
    """
    value = json.loads(engine.eval_rule_as_json(path))
    if value == _UNDEFINED:
        raise PolicyError(f"The policies give no answer for {path}: it is undefined for this document.")
    return value


def failure(error: BaseException) -> str:
    """What went wrong inside of the engine, in one line.

    Raises the error again where it is not the engine's, such as an interrupt from the keyboard.
    """
    if isinstance(error, Exception) or type(error).__module__ == "pyo3_runtime":
        return engine_text(error) or type(error).__name__
    raise error


@lru_cache(maxsize=1)
def builtins() -> frozenset[str]:
    """The names of all functions that the engine itself brings."""
    engine = regorus.Engine()
    engine.add_policy("builtins.rego", "package builtins\nnames := opa.runtime().builtins\n")
    engine.set_input_json("{}")
    return frozenset(json.loads(engine.eval_rule_as_json("data.builtins.names"))) | {"print"}


def _refusal(builtin: str) -> Callable[..., Any]:
    def refuse(*arguments: Any) -> Any:
        raise PermissionError(f"{builtin} is not available to policies")

    return refuse
