"""Which configured sources a channel is a part of."""

import asyncio
import os
from collections.abc import Sequence
from functools import partial

from core import audience
from core.application import Application
from core.errors import SettingsError
from core.sources.channels.connector import ChannelConnector, ChannelOptions
from core.sources.channels.follower import Find, Followed, Spot
from core.sources.configured import ConfiguredSources
from core.sources.connector import Part, SourceSpec
from core.sources.registry import kind_of


def finding(application: Application) -> Find:
    """Looks among the configured sources, each time anew: another process may have added one.

    A source's kind is called as its platform. A channel that was chosen by its name is followed once it was fetched.
    """
    sources = ConfiguredSources(application.data)

    async def find(spot: Spot) -> Sequence[Followed]:
        return await asyncio.to_thread(_find, application, sources, spot)

    return find


def known_channels(application: Application, platform: str, workspace: str) -> list[Spot]:
    """The channels of a workspace of which something was read by a configured source.

    A source without a location may be of several: which one a channel is of, its readers tell. What was fetched and is
    not read in yet has none, and counts as one of this: it would only be fetched again.
    """
    sources = ConfiguredSources(application.data)
    readers = {record.source: record.audience for record in application.ledger.sources()}
    own = audience.workspace(platform, workspace)

    def is_here(source: str) -> bool:
        return source not in readers or any(f"{one}/".startswith(f"{own}/") for one in readers[source])

    return [
        Spot(platform, workspace, part.key)
        for one in sources.all()
        if one.spec.kind == platform and one.spec.location in {"", workspace}
        for part in sources.parts(one.spec.name)
        if one.spec.location or is_here(part.source)
    ]


def _find(application: Application, sources: ConfiguredSources, spot: Spot) -> list[Followed]:
    found: list[Followed] = []
    for configured in sources.all():
        spec = configured.spec
        if spec.kind != spot.platform or spec.location not in {"", spot.workspace}:
            continue
        known = next((part for part in sources.parts(spec.name) if part.key == spot.channel), None)
        chosen = ChannelOptions.of(spec).channels
        if known is None and chosen and spot.channel not in chosen:
            continue
        found.append(
            Followed(
                source=known.source if known is not None else "",
                folder=sources.mirror(spec.name, spot.channel),
                open=partial(_open, application, spec),
                named=partial(_named, application, sources, spec.name),
                drop=partial(sources.drop_part, spec.name, spot.channel),
            )
        )
    return found


def _named(application: Application, sources: ConfiguredSources, name: str, part: Part) -> str:
    own = os.path.realpath(sources.mirror(name, part.key))
    taken = {record.source for record in application.ledger.sources() if record.root != own}
    return sources.note_part(name, part, taken).source


def _open(application: Application, spec: SourceSpec) -> ChannelConnector:
    connector = kind_of(spec.kind).open(spec, application)
    if not isinstance(connector, ChannelConnector):
        raise SettingsError(f'"{spec.name}" has no channels that could be followed.', hint="Schedule it instead.")
    return connector
