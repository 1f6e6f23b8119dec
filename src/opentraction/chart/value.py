"""The base of every chart value: frozen, closed, self-checking, JSON in and out with a schema version."""

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from opentraction.chart.errors import BadInput, BadValue

SCHEMA_VERSION = 2
"""Version written into each JSON document. Older versions are read through `migration`."""

_READING = ContextVar("schema version being read", default=SCHEMA_VERSION)
"""Version of the document being read: values inside values are lifted from it too."""
_MIGRATIONS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


def migration(
    kind: str, from_version: int
) -> Callable[[Callable[[dict[str, Any]], dict[str, Any]]], Callable[[dict[str, Any]], dict[str, Any]]]:
    """Register a function that lifts the fields of `kind` from `from_version` to the next version."""

    def register(
        lift: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> Callable[[dict[str, Any]], dict[str, Any]]:
        _MIGRATIONS[(kind, from_version)] = lift
        return lift

    return register


class Value(BaseModel):
    """A frozen value. Unknown fields, wrong types, out-of-range and non-finite numbers raise `BadValue`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**_lifted(type(self).__name__, _READING.get(), data))
        except ValidationError as error:
            raise BadValue(_sentences(type(self), error)) from None

    def replace(self, **changes: Any) -> Self:
        """Return a copy with `changes`, checked again as a whole."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**fields, **changes})

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return this value as a JSON document: kind, schema_version, value."""
        document = {
            "kind": type(self).__name__,
            "schema_version": SCHEMA_VERSION,
            "value": self.model_dump(mode="json"),
        }
        return json.dumps(document, indent=indent, ensure_ascii=False, sort_keys=indent is None)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a document made by `to_json`, of this version or an older one.

        Raises BadInput when the text is not such a document, BadValue when a field is wrong.
        """
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise BadInput(
                f"Expected a JSON document of a {cls.__name__}, got text that is not JSON "
                f"(line {error.lineno}: {error.msg}). Export it again or mend that line."
            ) from None
        if not isinstance(document, dict) or set(document) != {"kind", "schema_version", "value"}:
            raise BadInput(
                f"Expected a JSON object with 'kind', 'schema_version' and 'value' holding a {cls.__name__}. "
                "This file has another form; write it with to_json or the command line."
            )
        kind, version, fields = document["kind"], document["schema_version"], document["value"]
        if kind != cls.__name__:
            raise BadInput(f"Expected a {cls.__name__}, got a {kind}. Give the right file.")
        if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
            raise BadInput(
                f"Expected schema version 1 to {SCHEMA_VERSION}, got {version}. "
                "Update OpenTraction to read newer files."
            )
        if not isinstance(fields, dict):
            raise BadInput(f"Expected the fields of a {cls.__name__} under 'value'. Export it again.")
        token = _READING.set(version)
        try:
            return cls(**fields)
        finally:
            _READING.reset(token)

    def digest(self) -> str:
        """SHA-256 of the canonical JSON (sorted keys, no spaces), hexadecimal."""
        canonical = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


def _lifted(kind: str, version: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    current = dict(fields)
    for step in range(version, SCHEMA_VERSION):
        lift = _MIGRATIONS.get((kind, step))
        current = lift(current) if lift else current
    return current


def _sentences(kind: type[BaseModel], error: ValidationError) -> str:
    """Turn pydantic's report into plain sentences: the field, what was expected, what came."""
    return " ".join(_sentence(kind, dict(entry)) for entry in error.errors(include_url=False)[:4])


def _sentence(kind: type[BaseModel], entry: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in entry["loc"])
    name = f"{kind.__name__}.{place}" if place else kind.__name__
    message = str(entry["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    if entry["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(entry["loc"][-1]), list(kind.model_fields), n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(kind.model_fields)}."
        return f"{name} is not a known field. {hint}"
    if entry["type"] == "missing":
        return f"{name} is missing. Give it."
    if entry["type"] in {"value_error", "assertion_error"}:
        return f"{message}."
    expected = message.removeprefix("Input should be ")
    return f"{name}: expected {expected}, got {_shown(entry.get('input'))}."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
