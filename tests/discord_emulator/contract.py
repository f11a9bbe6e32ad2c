"""Holds calls to Discord's OpenAPI description, where its file and jsonschema are there."""

import functools
import importlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.records import Call, Violation

DESCRIPTION = Path(__file__).parents[3] / "shared/data/specs/discord_openapi.json"
"""Discord's published description, where the evaluation data is beside this checkout."""

_LENIENT_SNOWFLAKE: Json = {"type": ["string", "integer"]}
"""What Discord takes for an id, whatever is described: discord.py sends numbers here and there."""


class Contract:
    """The description, with a validator per schema that was asked for."""

    @classmethod
    def open(cls, path: Path | None) -> "Contract | None":
        """Return the contract, or None where the file or the validator is absent."""
        if path is None or not path.is_file() or importlib.util.find_spec("jsonschema") is None:
            return None
        return _read(path)

    def __init__(self, description: Json) -> None:
        self._description = description
        schemas: Json = {**description["components"]["schemas"], "SnowflakeType": _LENIENT_SNOWFLAKE}
        self._lenient: Json = {**description["components"], "schemas": schemas}
        self._validators: dict[tuple[str, ...], Any] = {}
        self._make: Any = importlib.import_module("jsonschema").Draft202012Validator

    def check_request(self, call: Call) -> list[Violation]:
        """Return what a request says that Discord does not describe, and where."""
        operation = self._operation(call)
        if operation is None:
            return [Violation(call, "", "no such operation is described")]
        content: Json = operation.get("requestBody", {}).get("content", {})
        kind = "multipart/form-data" if call.files else "application/json"
        found = list(self._query(call, operation))
        if kind in content:
            at = ("paths", call.route, call.method.lower(), "requestBody", "content", kind, "schema")
            found += self._check(call, at, call.json if call.json is not None else {})
        elif call.json is not None and content:
            found.append(Violation(call, "", f"{kind} is not described"))
        return found

    def check_answer(self, call: Call) -> list[Violation]:
        """Return what this server answered that Discord would not."""
        operation = self._operation(call)
        if operation is None or call.status == 204:
            return []
        at = (
            "paths",
            call.route,
            call.method.lower(),
            "responses",
            str(call.status),
            "content",
            "application/json",
            "schema",
        )
        if str(call.status) not in operation["responses"]:
            return [Violation(call, "", f"an answer {call.status} is not described")]
        return self._check(call, at, call.answer)

    def _operation(self, call: Call) -> Json | None:
        return self._description["paths"].get(call.route, {}).get(call.method.lower())

    def _query(self, call: Call, operation: Json) -> Iterator[Violation]:
        described = {each["name"] for each in operation.get("parameters", []) if each.get("in") == "query"}
        for name in call.query:
            if name not in described and name != "use_nested_fields":
                yield Violation(call, f"?{name}", "this query parameter is not described")

    def _check(self, call: Call, at: tuple[str, ...], value: Any) -> list[Violation]:
        if at not in self._validators:
            pointer = "/".join(each.replace("~", "~0").replace("/", "~1") for each in at)
            parts = self._lenient if "requestBody" in at else self._description["components"]
            root: Json = {"$ref": f"#/{pointer}", "paths": self._description["paths"], "components": parts}
            self._validators[at] = self._make(root)
        found: list[Violation] = []
        for error in self._validators[at].iter_errors(value):
            path = ".".join(map(str, error.absolute_path))
            found.append(Violation(call, path, _told(error)))
        return found


@functools.cache
def _read(path: Path) -> Contract:
    """Return the contract of a file, read once for all servers of a process."""
    return Contract(json.loads(path.read_text()))


def _told(error: Any) -> str:
    """Return the error that lies deepest: of the alternatives, the one that was meant."""
    while error.context:
        error = max(error.context, key=lambda each: (len(each.absolute_path), each.validator != "type"))
    path = ".".join(map(str, error.absolute_path))
    return f"{path}: {error.message[:300]}" if path else error.message[:300]
