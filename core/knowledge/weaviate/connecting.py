"""A connection to a Weaviate server, by REST and gRPC."""

import logging
from typing import Any
from urllib.parse import urlsplit

from core.errors import SettingsError
from core.knowledge.weaviate.errors import clear_errors

GRPC_PORT = 50051
QUERY_SECONDS, INSERT_SECONDS, CONNECT_SECONDS = 8, 60, 5


async def connect(url: str, grpc_address: str = "", api_key: str = "") -> Any:
    """A connected client (`weaviate.WeaviateAsyncClient`). `grpc_address` is HOST:PORT; empty: port 50051 of the host.

    What is checked at the start by the client itself is left out: it would ask a package registry for newer releases.

    Raises:
        SettingsError: an address is wrong, the key is refused, or the server is too old.
        IndexUnavailableError: the server can't be reached.
    """
    import weaviate
    from weaviate.classes.init import AdditionalConfig, Auth, Timeout

    # It logs whole passages when one is not taken; all that goes wrong is raised.
    logging.getLogger("weaviate-client").setLevel(logging.CRITICAL)
    secure, host, port = _address(url)
    grpc_host, grpc_port = _grpc_address(grpc_address, host)
    client = weaviate.use_async_with_custom(
        http_host=host,
        http_port=port,
        http_secure=secure,
        grpc_host=grpc_host,
        grpc_port=grpc_port,
        grpc_secure=secure,
        auth_credentials=Auth.api_key(api_key) if api_key else None,
        additional_config=AdditionalConfig(
            timeout=Timeout(query=QUERY_SECONDS, insert=INSERT_SECONDS, init=CONNECT_SECONDS)
        ),
        skip_init_checks=True,
    )
    async with clear_errors(url):
        try:
            await client.connect()
        except BaseException:
            await client.close()
            raise
    return client


def _address(url: str) -> tuple[bool, str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or not port or parts.path.strip("/"):
        raise SettingsError(
            f'"{url}" is no address of a Weaviate server.', hint="Set LORELENS_WEAVIATE_URL to http(s)://HOST:PORT."
        )
    return parts.scheme == "https", parts.hostname, port


def _grpc_address(address: str, host: str) -> tuple[str, int]:
    if not address:
        return host, GRPC_PORT
    name, _, port = address.rpartition(":")
    if not name or not port.isdecimal():
        raise SettingsError(f'"{address}" is no gRPC address.', hint="Set LORELENS_WEAVIATE_GRPC to HOST:PORT.")
    return name.strip("[]"), int(port)
