"""The process that chat platforms talk to: what they send is taken in, and answered by a worker for each beside it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from bots.serve_worker import serve, serving
from core.errors import SettingsError

if TYPE_CHECKING:
    from core.application import Application
    from core.platform import PlatformAdapter

PLATFORMS = {"slack": "bots.slack.serve", "discord": "bots.discord.serve", "web": "bots.web.serve"}
"""The modules that are a `ServedPlatform`; imported when they are needed."""


class Ingress(Protocol):
    """What takes in from one platform."""

    async def is_listening(self) -> str:
        """For /readyz: what keeps the platform from reaching this process; empty if nothing does."""
        ...

    async def ended(self) -> None:
        """Return, or raise why, when the platform can't be listened to any more; not while it is tried further."""
        ...

    def taking_in(self) -> AbstractAsyncContextManager[object]:
        """Take in what it sends while the block runs.

        Raises:
            SettingsError: it refuses what is set.
            PlatformUnavailableError: it can't be reached.
        """
        ...


class ServedPlatform(Protocol):
    """A module that knows how its platform is served."""

    async def adapter_of(self, application: "Application") -> "PlatformAdapter | None":
        """The platform; None where it is not set up."""
        ...

    def not_set_up(self) -> SettingsError:
        """What is missing for it."""
        ...

    async def ingress_of(self, application: "Application", adapter: "PlatformAdapter") -> Ingress:
        """What takes in from it.

        Raises:
            SettingsError: nothing says how.
        """
        ...


async def serve_platforms(names: Sequence[str], turns: int, data: Path | None) -> int:
    """Serve these platforms, or without names all that are set up, until SIGTERM; 0 `turns` take in alone."""
    async with serving(data) as (application, metrics, watchers), AsyncExitStack() as stack:
        adapters: list[PlatformAdapter] = []
        ingresses: list[Ingress] = []
        for name in names or _set_up(application):
            served = cast(ServedPlatform, import_module(PLATFORMS[name]))
            adapter = await served.adapter_of(application)
            if adapter is None and names:
                raise served.not_set_up()
            if adapter is not None:
                stack.push_async_callback(adapter.close)
                adapters.append(adapter)
                ingresses.append(await served.ingress_of(application, adapter))
        if not adapters:
            raise SettingsError(
                "No chat platform is set up.",
                hint="Set LORELENS_SLACK_BOT_TOKEN, LORELENS_DISCORD_TOKEN or LORELENS_WEB_ADDRESS; docs/slack.md, "
                "docs/discord.md and docs/web.md lead through it.",
            )
        await serve(
            application,
            adapters,
            metrics,
            watchers,
            turns,
            ingress=_all_of(ingresses),
            ended=[one.ended for one in ingresses],
            checks=[one.is_listening for one in ingresses],
        )
    return 0


def _set_up(application: "Application") -> list[str]:
    """The platforms that may be; the page, which would do without any setting, only where its address is set."""
    return [name for name in PLATFORMS if name != "web" or application.settings.web_address]


@asynccontextmanager
async def _all_of(ingresses: Sequence[Ingress]) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        for one in ingresses:
            await stack.enter_async_context(one.taking_in())
        yield
