"""Which names the server takes: for collections, properties, vectors, tenants and objects."""

import re
from uuid import UUID

from tests.weaviate_emulator.refusals import RefusedError

COLLECTION = re.compile(r"[A-Z][_0-9A-Za-z]{0,254}")
PROPERTY = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,230}")
TENANT = re.compile(r"[A-Za-z0-9\-_]{1,64}")
RESERVED = ("id", "_id", "_additional", "vector")
"""`vector` is refused by the clients, not by the server; nobody can fill a property of that name."""


def collection_name(name: str) -> str:
    """The name as the server keeps it: with a capital first letter, as GraphQL's types have."""
    name = name[:1].upper() + name[1:]
    if not COLLECTION.fullmatch(name):
        raise RefusedError(f"'{name}' is not a valid class name")
    return name


def check_property_name(name: str) -> None:
    """Refuse what GraphQL can't read, and what the server keeps for itself."""
    if not PROPERTY.fullmatch(name):
        raise RefusedError(
            f"'{name}' is not a valid property name. Property names in Weaviate are restricted to valid GraphQL "
            "names, which must be “/[_A-Za-z][_0-9A-Za-z]{0,230}/”."
        )
    if name in RESERVED:
        raise RefusedError(f"'{name}' is a reserved property name")


def check_vector_name(name: str) -> None:
    """Refuse a name of a vector that GraphQL can't read."""
    if not PROPERTY.fullmatch(name):
        raise RefusedError(f"'{name}' is not a valid vector name")


def check_tenant_name(name: str) -> None:
    """Refuse a tenant that can't be the name of a shard."""
    if not TENANT.fullmatch(name):
        raise RefusedError(
            f"'{name}' is not a valid tenant name. should only contain alphanumeric characters (a-z, A-Z, 0-9), "
            "underscore (_), and hyphen (-), with a length between 1 and 64"
        )


def object_id(text: str) -> str:
    """An object's UUID in its canonical form."""
    try:
        return str(UUID(text))
    except ValueError:
        raise RefusedError(f"invalid UUID length: {len(text)}") from None
