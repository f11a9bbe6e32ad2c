"""Which platforms this process can post to: those installed as entry points of the group `lorelens.platforms`.

An entry point names a coroutine function that takes the `Application` and answers a `PlatformAdapter`, or None where
its platform is not set up (no token, say).
"""

from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import entry_points
from typing import cast

from core.application import Application
from core.errors import SettingsError
from core.platform import PlatformAdapter

GROUP = "lorelens.platforms"


async def platforms(application: Application, wanted: Sequence[str] = ()) -> list[PlatformAdapter]:
    """The platforms that are set up, or those that are wanted.

    Raises:
        SettingsError: there is none, or a wanted one is not installed or not set up.
    """
    installed = {point.name: point for point in entry_points(group=GROUP)}
    unknown = [name for name in wanted if name not in installed]
    if unknown:
        raise SettingsError(
            f"The platform {unknown[0]} is not installed.",
            hint=f"Installed are: {', '.join(sorted(installed)) or 'none'}.",
        )
    found: list[PlatformAdapter] = []
    for name in wanted or sorted(installed):
        make = cast("Callable[[Application], Awaitable[PlatformAdapter | None]]", installed[name].load())
        platform = await make(application)
        if platform is not None:
            found.append(platform)
        elif name in wanted:
            raise SettingsError(f"The platform {name} is not set up.", hint="See its page in docs/ for what it needs.")
    if not found:
        raise SettingsError(
            "There is no platform to work for.",
            hint=f"A platform is a package with an entry point in {GROUP}; see docs/operations.md.",
        )
    return found
