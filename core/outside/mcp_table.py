"""An MCP server as the settings describe it: a command, or an address."""

import os
from typing import Any

from pydantic import Field, ValidationError, model_validator

from core.errors import SettingsError
from core.messages import Value


class ServerTable(Value):
    """One table of the setting `mcp_servers`.

    `command` with `args` is started and spoken to over its standard input and output, in the folder `cwd`, with the
    variables of our environment that `env` names. `url` is spoken to by streamable HTTP; `headers` are names of
    variables by header, so that no key stands in the file. Tools that are annotated as read-only are offered, and those
    that `allow` names.
    """

    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    cwd: str = ""
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    allow: tuple[str, ...] = ()
    timeout: float = Field(default=15.0, gt=0, le=120)

    @model_validator(mode="after")
    def _one_of_both(self) -> "ServerTable":
        if bool(self.command) == bool(self.url):
            raise ValueError("give a command or a url")
        return self

    @classmethod
    def read(cls, name: str, table: dict[str, Any]) -> "ServerTable":
        """The table of a server. Raises `SettingsError`."""
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'table'}: {one['msg']}" for one in error.errors())
            raise SettingsError(
                f"The MCP server {name} is not set up rightly: {wrong}.", hint="See docs/outside.md for its table."
            ) from error

    def connection(self) -> dict[str, Any]:
        """As langchain-mcp-adapters takes it. Raises `SettingsError` where a variable is missing."""
        if self.command:
            env = {name: _variable(name) for name in self.env}
            found: dict[str, Any] = {"transport": "stdio", "command": self.command, "args": list(self.args)}
            return found | ({"env": env} if env else {}) | ({"cwd": self.cwd} if self.cwd else {})
        return {
            "transport": "streamable_http",
            "url": self.url,
            "headers": {header: _variable(name) for header, name in self.headers.items()},
            "timeout": self.timeout,
        }


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise SettingsError(f"The environment has no {name}, which an MCP server needs.", hint=f"Set {name}.")
    return value
