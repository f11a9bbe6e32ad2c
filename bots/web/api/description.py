"""The API's description (OpenAPI 3.1), made from its routes."""

from importlib.metadata import version
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRouter
from pydantic.json_schema import models_json_schema

from bots.web.api.models import AskIn, Problem

ABOUT = """Ask Lorelens, search what it knows, and manage your conversations, from any program.

Send a token as `Authorization: Bearer lorelens_...`; `lorelens web tokens add NAME` makes one. What comes back is what
the token's person may see. On a machine where nobody is asked who they are, no token is needed."""

_IN_PATHS = {"thread": ("A conversation.", "^[A-Za-z0-9_-]{22}$"), "question": ("A question.", "^q-[0-9a-f]{32}$")}
"""What names something in addresses: those that have another form name nothing."""


def description_of(router: APIRouter) -> dict[str, Any]:
    """The description of a router's routes, with the models that these name by themselves."""
    described = get_openapi(
        title="Lorelens",
        version=version("lorelens"),
        summary="Answers from your team's documents and pictures.",
        description=ABOUT,
        routes=router.routes,
    )
    _, named = models_json_schema(
        [(AskIn, "validation"), (Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = described["components"].setdefault("schemas", {})
    schemas |= named["$defs"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for operation in (one for methods in described["paths"].values() for one in methods.values()):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" and parameter["name"] in _IN_PATHS:
                about, pattern = _IN_PATHS[parameter["name"]]
                parameter |= {"description": about, "schema": {"type": "string", "pattern": pattern}}
    return described
