"""A message of Discord as a core value: what was said, by whom, where, and with which files."""

from collections.abc import Iterable

from adapters.discord.file_problems import problem
from adapters.discord.heard import Heard, Upload
from adapters.discord.markup import Names, mentioned, to_markdown
from adapters.discord.servers import Servers
from core.language import is_chinese
from core.messages import Attachment, Author, Message, Place

_NAMED = 20


async def as_message(heard: Heard, place: Place, servers: Servers, locale: str = "") -> Message:
    """A person's message. What can't be learned of names stays an id; mentions of the app are left out."""
    names = await names_for(heard, servers)
    return Message(
        id=message_id(heard.channel, heard.id),
        place=place,
        author=Author(id=heard.author, name=heard.author_name, is_bot=heard.is_bot, locale=locale),
        text=text_of(heard, names),
        attachments=attachments_of(heard),
        sent_at=heard.sent_at,
    )


def message_id(channel: str, message: str) -> str:
    """The id of a message: it has its channel (a thread's own id in threads), where Discord finds it."""
    return f"{channel}:{message}"


def text_of(heard: Heard, names: Names) -> str:
    """What a message says, in Markdown: with what was forwarded, as a quotation."""
    said = [to_markdown(heard.text, names)]
    said += [_quotation(to_markdown(one.text, names)) for one in heard.quoted if one.text.strip()]
    if heard.stickers and not any(said):
        said.append(" ".join(f":{name}:" for name in heard.stickers))
    return "\n\n".join(filter(None, said))


async def names_for(heard: Heard, servers: Servers) -> Names:
    """The names of what a message names; of channels and roles, those of its server."""
    ids = mentioned(heard.text) | {one for quoted in heard.quoted for one in mentioned(quoted.text)}
    own = {servers.own_id}
    roles: dict[str, str] = {}
    channels: dict[str, str] = {}
    wanted = ids - set(heard.people) - own
    server = await servers.known_server(heard.guild) if heard.guild and wanted else None
    if server is not None:
        own |= server.own_roles
        roles = {str(role.id): role.name for role in server.guild.roles if str(role.id) in wanted}
        channels = {str(one.id): one.name for one in server.channels if str(one.id) in wanted}
        threads = _first(wanted - set(roles) - set(channels))
        for thread in threads if "<#" in heard.text else ():
            spot = servers.client.get_channel(int(thread))
            name = getattr(spot, "name", "")
            channels |= {thread: name} if name else {}
    return Names(people=heard.people, roles=roles, channels=channels, own=frozenset(own))


def attachments_of(heard: Heard) -> tuple[Attachment, ...]:
    """The files of a message, and those of what was forwarded; a voice message can't be listened to, which is said."""
    in_chinese = is_chinese(heard.text)
    return tuple(_attachment(one, reference, heard, in_chinese) for reference, one in _uploads(heard))


def urls_of(heard: Heard) -> dict[str, str]:
    """The addresses of a message's files, by `Attachment.reference`; they are good for about a day."""
    return {reference: one.url for reference, one in _uploads(heard) if one.url}


def _uploads(heard: Heard) -> list[tuple[str, Upload]]:
    every = [*heard.uploads, *(upload for one in heard.quoted for upload in one.uploads)]
    return [(f"{heard.channel}:{heard.id}:{one.id}", one) for one in every]


def _attachment(one: Upload, reference: str, heard: Heard, in_chinese: bool) -> Attachment:
    said = ""
    if heard.is_voice:
        said = " ".join(filter(None, problem("voice", one.name).said(in_chinese=in_chinese)))
    return Attachment(name=one.name, media_type=one.media_type, size=one.size, reference=reference, problem=said)


def _quotation(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _first(ids: Iterable[str]) -> list[str]:
    return sorted(ids)[:_NAMED]
