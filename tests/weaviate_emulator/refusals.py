"""How this server says no: a message in the real server's words, and its status in REST and in gRPC."""

import grpc


class RefusedError(Exception):
    """A request that the server does not carry out. Plain errors of the real server have gRPC's UNKNOWN."""

    def __init__(self, message: str, http: int = 422, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> None:
        super().__init__(message)
        self.message = message
        self.http = http
        self.code = code


def no_class(name: str) -> RefusedError:
    """What a search in an unknown collection is told."""
    return RefusedError(f"could not find class {name} in schema", 404)


def no_property(name: str, collection: str) -> RefusedError:
    """What a filter, a sort order or an object is told that names an unknown property."""
    return RefusedError(
        f"no such prop with name '{name}' found in class '{collection}' in the schema. "
        "Check your schema files for which properties in this class are available"
    )
