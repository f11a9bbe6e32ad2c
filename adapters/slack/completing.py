"""A question with what Slack still holds of it: its pictures, the files of a mention, and names."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from adapters.incoming_pictures import taken_in, with_pictures, with_problem
from adapters.payloads import mapping, mappings, string
from adapters.slack.api import Installed, SlackRefusedError, ask
from adapters.slack.file_objects import attachments_of, is_missing, media_type_of
from adapters.slack.file_problems import problem
from adapters.slack.files import Files
from adapters.slack.incoming import Directory, names_for, ts_of
from adapters.slack.mentions import Mentions
from core.errors import PictureError
from core.messages import Attachment, Author, Message, Picture
from core.platform import KeepPicture

_SLACK_NAME = re.compile(r"(?<![A-Za-z0-9])(?:@([UW][A-Z0-9]{5,})|#(C[A-Z0-9]{5,}))(?![A-Za-z0-9_-])")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Completing:
    """What completes messages of one workspace. `urls` are the addresses of files, by id, as far as they are known."""

    client: AsyncWebClient
    installed: Installed
    files: Files
    directory: Directory
    keep: KeepPicture
    urls: Mapping[str, str]

    async def message(self, message: Message, *, reread: bool = False) -> Message:
        """The message with its pictures fetched and its names known; on its own result it changes nothing.

        `reread`: its files may have been left out of the event that brought it.

        Raises:
            PlatformUnavailableError: Slack is away.
        """
        if reread and not message.attachments and not message.pictures:
            message = message.model_copy(update={"attachments": await self._attachments(message)})
        message = await self._with_names(message)
        wanted = [file for file in message.attachments if _may_be_picture(file)]
        return await with_pictures(message, wanted, self._picture)

    async def _attachments(self, message: Message) -> tuple[Attachment, ...]:
        """The files of the message as Slack has it now."""
        ts = ts_of(message.id)
        place = message.place
        if not ts:
            return ()
        try:
            answer = await ask(
                self.client,
                "conversations.replies",
                channel=place.channel,
                ts=place.thread or ts,
                oldest=ts,
                latest=ts,
                inclusive=True,
                limit=10,
            )
        except SlackRefusedError as error:
            _log.warning("Whether a mention came with files is not known: %s", error)
            return ()
        found = [one for one in mappings(answer.get("messages")) if one.get("ts") == ts]
        return attachments_of(found[0]) if found else ()

    async def _with_names(self, message: Message) -> Message:
        author = message.author
        if author.id and not author.name and not author.is_bot:
            person = await self.directory.person(self.installed, author.id)
            if person is not None:
                author = Author(id=author.id, name=person.name, locale=person.locale)
        ids = _SLACK_NAME.findall(message.text)
        text = message.text
        if ids:
            mentioned = Mentions(
                people=frozenset(user for user, _ in ids if user), channels=frozenset(one for _, one in ids if one)
            )
            names = await names_for(mentioned, self.installed, self.directory)
            text = _SLACK_NAME.sub(lambda found: names.person(found[1]) if found[1] else names.channel(found[2]), text)
        return message.model_copy(update={"author": author, "text": text})

    async def _picture(self, file: Attachment, in_chinese: bool) -> Picture | Attachment:
        try:
            file, url = await described(self.client, file, self.urls.get(file.reference, ""))
            if not _may_be_picture(file):
                return file
            if file.size > self.files.limits.size:
                raise problem("too large", file.name, str(self.files.limits.size // 1024**2))
            data = await self.files.fetch(url, self.client.token or "", name=file.name)
            return await taken_in(data, file, self.files.limits, self.keep)
        except PictureError as error:
            return with_problem(file, error, in_chinese)


async def described(client: AsyncWebClient, file: Attachment, url: str = "") -> tuple[Attachment, str]:
    """The file as Slack describes it, and where it is: at `url`, as far as that is known.

    Raises:
        PictureError: it can't be had; says why.
    """
    if url and file.media_type:
        return file, url
    try:
        found = mapping((await ask(client, "files.info", file=file.reference)).get("file"))
    except SlackRefusedError as error:
        if error.reason in {"file_deleted", "file_not_found"}:
            raise problem("deleted", file.name) from error
        if error.reason == "missing_scope":
            raise problem("no permission", file.name) from error
        raise problem("no access", file.name, error.reason) from error
    name = string(found.get("name")) or string(found.get("title")) or file.name
    if is_missing(found):
        raise problem("hidden" if found.get("mode") == "hidden_by_limit" else "deleted", name)
    if found.get("is_external") or found.get("mode") == "external":
        raise problem("elsewhere", name)
    url = string(found.get("url_private")) or string(found.get("url_private_download"))
    if not url:
        raise problem("no access", name, string(found.get("file_access")) or "no address")
    media_type = media_type_of(found, name) or file.media_type or "application/octet-stream"
    size = found.get("size")
    described = {"name": name, "media_type": media_type, "size": size if isinstance(size, int) else file.size}
    return file.model_copy(update=described), url


def _may_be_picture(file: Attachment) -> bool:
    return not file.problem and bool(file.reference) and (file.media_type.startswith("image/") or not file.media_type)
