"""A message with its pictures, and the bytes of documents: what Discord still holds of a question."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.discord.chains import Chains
from adapters.discord.file_problems import problem
from adapters.discord.files import Expired, Files
from adapters.discord.incoming import urls_of
from core.errors import DocumentError, PictureError
from core.language import UNKNOWN, detect_language
from core.messages import Attachment, Message, Picture
from core.pictures import NormalizedPicture, normalize, sniff

MOST_PICTURES = 10
"""So many pictures of one message are looked at."""
MOST_BYTES = 64 * 1024 * 1024
"""Of a document."""
_AT_ONCE = 3
_UNTOLD = {"", "application/octet-stream", "binary/octet-stream"}

_log = logging.getLogger(__name__)

Keep = Callable[[NormalizedPicture], Awaitable[None]]


@dataclass(frozen=True)
class Completing:
    """What fetches the files of messages. `urls` are their addresses by `Attachment.reference`, as far as known."""

    chains: Chains
    files: Files
    urls: Mapping[str, str]

    async def message(self, message: Message, keep: Keep) -> Message:
        """The message with its pictures fetched; on its own result it changes nothing.

        Raises:
            PlatformUnavailableError: Discord is away.
        """
        wanted = [one for one in message.attachments if _may_be_picture(one)]
        if not wanted:
            return message
        in_chinese = _is_in_chinese(message)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(at: int, file: Attachment) -> Picture | Attachment:
            if at >= MOST_PICTURES:
                return _with_problem(file, problem("too many", file.name, str(MOST_PICTURES)), in_chinese)
            async with gate:
                return await self._picture(file, keep, in_chinese)

        found = dict(zip(wanted, await _all([one(at, file) for at, file in enumerate(wanted)]), strict=True))
        pictures, left = list(message.pictures), list[Attachment]()
        for file in message.attachments:
            taken = found.get(file, file)
            if isinstance(taken, Picture):
                pictures.append(taken)
            else:
                left.append(taken)
        return message.model_copy(update={"pictures": tuple(pictures), "attachments": tuple(left)})

    async def document(self, attachment: Attachment) -> bytes:
        """The bytes of a document.

        Raises:
            DocumentError: it can't be had; says why.
            PlatformUnavailableError: Discord is away.
        """
        try:
            if attachment.size > MOST_BYTES:
                raise problem("too large", attachment.name, str(MOST_BYTES // 1024**2))
            return await self._fetch(attachment, MOST_BYTES)
        except PictureError as error:
            found = DocumentError(error.message, hint=error.hint)
            found.chinese = error.chinese
            raise found from error

    async def _picture(self, file: Attachment, keep: Keep, in_chinese: bool) -> Picture | Attachment:
        try:
            if file.size > self.files.limits.size:
                if file.media_type in _UNTOLD:
                    return file
                raise problem("too large", file.name, str(self.files.limits.size // 1024**2))
            data = await self._fetch(file, self.files.limits.size)
            if file.media_type in _UNTOLD and sniff(data) is None:
                return file
            normalized = await asyncio.to_thread(normalize, data, name=file.name, limits=self.files.limits)
        except PictureError as error:
            _log.info("A picture can't be read: %s", error.message)
            return _with_problem(file, error, in_chinese)
        await keep(normalized)
        return normalized.picture

    async def _fetch(self, file: Attachment, most: int) -> bytes:
        url = self.urls.get(file.reference, "")
        if url:
            try:
                return await self.files.fetch(url, name=file.name, most=most)
            except Expired:
                _log.info("The link of a file is not good any more; the message is read again for a new one.")
        channel, _, rest = file.reference.partition(":")
        message = rest.partition(":")[0]
        if not (channel.isdigit() and message.isdigit()):
            raise problem("deleted", file.name)
        heard = await self.chains.fetch(channel, message)
        url = urls_of(heard).get(file.reference, "") if heard is not None else ""
        if not url:
            raise problem("deleted", file.name)
        try:
            return await self.files.fetch(url, name=file.name, most=most)
        except Expired as error:
            raise problem("no access", file.name, "HTTP 404") from error


def _may_be_picture(file: Attachment) -> bool:
    told = file.media_type.startswith("image/") and file.media_type != "image/svg+xml"
    return not file.problem and bool(file.reference) and (told or file.media_type in _UNTOLD)


def _with_problem(file: Attachment, error: PictureError, in_chinese: bool) -> Attachment:
    return file.model_copy(update={"problem": " ".join(filter(None, error.said(in_chinese=in_chinese)))})


def _is_in_chinese(message: Message) -> bool:
    language = detect_language(message.text)
    return message.author.locale.startswith("zh") if language == UNKNOWN else language == "zh"


async def _all(waiting: "Sequence[Awaitable[Picture | Attachment]]") -> "list[Picture | Attachment]":
    """All of them; that Discord is away is raised only when the others are done, so that nothing goes on behind."""
    found = await asyncio.gather(*waiting, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one for one in found if not isinstance(one, BaseException)]
