"""A message with its pictures, and the bytes of documents: what Discord still holds of a question."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.discord.chains import Chains
from adapters.discord.file_problems import problem
from adapters.discord.files import Expired, Files
from adapters.discord.incoming import urls_of
from adapters.file_problems import of_document
from adapters.incoming_pictures import taken_in, with_pictures, with_problem
from core.errors import PictureError
from core.messages import Attachment, Message, Picture
from core.pictures import sniff
from core.platform import KeepPicture

MOST_BYTES = 64 * 1024 * 1024
"""Of a document."""
_UNTOLD = {"", "application/octet-stream", "binary/octet-stream"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Completing:
    """What fetches the files of messages. `urls` are their addresses by `Attachment.reference`, as far as known."""

    chains: Chains
    files: Files
    urls: Mapping[str, str]

    async def message(self, message: Message, keep: KeepPicture) -> Message:
        """The message with its pictures fetched; on its own result it changes nothing.

        Raises:
            PlatformUnavailableError: Discord is away.
        """
        wanted = [one for one in message.attachments if _may_be_picture(one)]
        return await with_pictures(message, wanted, lambda file, in_chinese: self._picture(file, keep, in_chinese))

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
            raise of_document(error) from error

    async def _picture(self, file: Attachment, keep: KeepPicture, in_chinese: bool) -> Picture | Attachment:
        try:
            if file.size > self.files.limits.size:
                if file.media_type in _UNTOLD:
                    return file
                raise problem("too large", file.name, str(self.files.limits.size // 1024**2))
            data = await self._fetch(file, self.files.limits.size)
            if file.media_type in _UNTOLD and sniff(data) is None:
                return file
            return await taken_in(data, file, self.files.limits, keep)
        except PictureError as error:
            return with_problem(file, error, in_chinese)

    async def _fetch(self, file: Attachment, most: int) -> bytes:
        url = self.urls.get(file.reference, "")
        if url:
            try:
                return await self.files.fetch(url, name=file.name, most=most)
            except Expired:
                _log.info("The link of a file is not good any more; the message is read again for a new one.")
        channel, _, rest = file.reference.partition(":")
        message = rest.partition(":")[0]
        if not (channel.isdecimal() and message.isdecimal()):
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
