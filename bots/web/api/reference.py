"""The description as the reference shows it: each operation with what it takes, what it gives, and a curl command."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from markupsafe import Markup

from adapters.web.rendering import to_html
from bots.web.api.models import EXAMPLE_QUESTION, EXAMPLE_THREAD

Schema = Mapping[str, Any]

_EXAMPLES: Mapping[str, str] = {
    "thread": EXAMPLE_THREAD,
    "question": EXAMPLE_QUESTION,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
_FLAGS: Mapping[str, tuple[str, ...]] = {
    "/api/ask": ("-N",),
    "/api/conversations/{thread}/replies/{question}/events": ("-N",),
    "/api/pictures/{sha256}": ("-o picture.png",),
}
"""What curl is told beside: not to wait until there is much, and where to put what is no text."""


@dataclass(frozen=True)
class Field:
    """Something that is sent or comes back; `kind` in words of JSON Schema, `about` as markup."""

    name: str
    kind: str
    about: Markup
    is_needed: bool = False


@dataclass(frozen=True)
class Outcome:
    """What may come of it: HTTP's status, and what that means, as markup."""

    status: str
    about: Markup


@dataclass(frozen=True)
class Operation:
    """One operation; `anchor` names it on the page."""

    anchor: str
    method: str
    path: str
    title: str
    about: Markup
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answer: tuple[Field, ...]
    outcomes: tuple[Outcome, ...]
    curl: str
    example: str = ""


def operations(description: Schema, base: str) -> list[Operation]:
    """All operations, in the order of the description; `base` is where the API is."""
    schemas: Schema = description["components"]["schemas"]
    return [
        _operation(path, method, operation, schemas, base)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(path: str, method: str, operation: Schema, schemas: Schema, base: str) -> Operation:
    body = _json_schema(operation.get("requestBody", {}), schemas)
    success = next(one for status, one in operation["responses"].items() if status < "300")
    example = next((one["example"] for one in success.get("content", {}).values() if "example" in one), "")
    return Operation(
        anchor="-".join(operation["summary"].lower().split()),
        method=method.upper(),
        path=path,
        title=operation["summary"],
        about=_html(operation.get("description", "")),
        parameters=tuple(
            Field(one["name"], _kind(one["schema"], schemas), _html(one.get("description", "")), one["required"])
            for one in operation.get("parameters", ())
        ),
        body=tuple(_fields(body, schemas)),
        answer=tuple(_fields(_json_schema(success, schemas), schemas)),
        outcomes=tuple(Outcome(status, _html(one["description"])) for status, one in operation["responses"].items()),
        curl=_curl(path, method, body, schemas, base),
        example=str(example),
    )


def _json_schema(holder: Schema, schemas: Schema) -> Schema:
    content: Schema = holder.get("content", {})
    return _resolved(content.get("application/json", {}).get("schema", {}), schemas)


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    reference: str = schema.get("$ref", "")
    return schemas[reference.rpartition("/")[2]] if reference else schema


def _fields(schema: Schema, schemas: Schema) -> list[Field]:
    needed: list[str] = schema.get("required", [])
    return [
        Field(name, _kind(one, schemas), _html(_about(one, schemas)), name in needed)
        for name, one in schema.get("properties", {}).items()
    ]


def _about(schema: Schema, schemas: Schema) -> str:
    said: str = schema.get("description", "")
    item = _resolved(schema.get("items", schema), schemas)
    return said or " ".join(str(item.get("description", "")).split("\n\n")[0].split())


def _kind(schema: Schema, schemas: Schema) -> str:
    """A schema in a few words: `string`, `array of File`, `text or picture`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(one, schemas) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(json.dumps(one) for one in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array" and "items" in schema:
        return f"array of {_kind(schema['items'], schemas)}"
    return kind


def _curl(path: str, method: str, body: Schema, schemas: Schema, base: str) -> str:
    lines = [" ".join(["curl", *_FLAGS.get(path, ())]), '-H "Authorization: Bearer $LORELENS_TOKEN"']
    if method != ("post" if body else "get"):
        lines.append(f"-X {method.upper()}")
    if body:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(_example(body, schemas), ensure_ascii=False)}'")
    return " \\\n  ".join([*lines, base + _filled(path)])


def _filled(path: str) -> str:
    """The path with an example for each of its parameters."""
    for name, value in _EXAMPLES.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _example(schema: Schema, schemas: Schema) -> Any:
    """What could be sent: the example of the model, or of each field that is needed or has one."""
    if schema.get("examples"):
        return schema["examples"][0]
    needed: list[str] = schema.get("required", [])
    found: dict[str, Any] = {}
    for name, one in cast("Mapping[str, Schema]", schema.get("properties", {})).items():
        if one.get("examples"):
            found[name] = one["examples"][0]
        elif name in needed:
            found[name] = True
    return found


def _html(markdown: str) -> Markup:
    return Markup(to_html(markdown))  # noqa: S704 - it lets no markup through
