"""Pictures out: uploaded for the reply, and shown in its blocks, or shared in its thread.

An upload that is not shared is seen by nobody, so one that is done twice does no harm.
https://docs.slack.dev/messaging/working-with-files#upload
"""

import logging
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

from adapters.payloads import listing, mapping, string
from adapters.slack.blocks import bounded
from adapters.slack.calls import Calls
from adapters.slack.lacking import Lacking
from adapters.slack.refusals import SlackRefusedError, SlackUncertainError
from adapters.slack.standing import Spot
from core.errors import LeaseLostError, PlatformUnavailableError
from core.reply import ShownPicture

_log = logging.getLogger(__name__)

FindPicture = Callable[[str], Awaitable[bytes | None]]
"""The bytes of a picture by its sha256, if they are kept still."""
_ALT = 1000
"""Characters of `alt_txt`."""
_NOT_OFFERED = {"missing_scope", "unknown_method", "not_allowed_token_type", "access_denied", "no_permission"}


class Uploads:
    """The uploads of one reply; noted, so that whoever takes over does not upload again."""

    def __init__(self, calls: Calls, find: FindPicture, team: str, lacking: Lacking) -> None:
        self._calls = calls
        self._client = calls.client
        self._find = find
        self._team = team
        self._lacking = lacking

    async def upload(self, pictures: Sequence[ShownPicture]) -> dict[str, str]:
        """The ids of the files at Slack, by the pictures' sha256; of those that could be uploaded."""
        kept = mapping(self._calls.posting.posted.get("files"))
        files = {shown.picture.sha256: string(kept.get(shown.picture.sha256)) for shown in pictures}
        missing = [shown for shown in pictures if not files[shown.picture.sha256]]
        done = await self._upload(missing, None) or await self._upload(missing, None)  # what broke down, once more
        if done:
            await self._calls.posting.note(files={**kept, **done})
        return {sha256: file for sha256, file in {**files, **done}.items() if file}

    async def share(self, pictures: Sequence[ShownPicture], spot: Spot) -> None:
        """Share pictures as files in the reply's place, where blocks can't show them."""
        await self._upload(pictures, spot)

    async def remove(self, *, shared_only: bool = False) -> None:
        """Delete what was uploaded for the reply."""
        posted = self._calls.posting.posted
        shared = posted.get("shared")
        files = [string(one) for one in listing(shared)]
        if not shared_only:
            files += [string(one) for one in mapping(posted.get("files")).values()]
        for file in files:
            try:
                await self._calls.repeat("files.delete", file=file)
            except SlackRefusedError as error:
                _log.info("A file was not deleted: %s", error)
        if files:
            await self._calls.posting.note(shared=[], files=posted.get("files") if shared_only else {})

    async def _upload(self, pictures: Sequence[ShownPicture], spot: Spot | None) -> dict[str, str]:
        """Upload, and share where a spot is given; what fails is left out, since the text must stand all the same."""
        files: dict[str, str] = {}
        if not pictures or not self._lacking.has(self._team, "uploads"):
            return files
        titles: list[dict[str, str]] = []
        try:
            for shown in pictures:
                if shown.picture.sha256 not in files and (file := await self._send(shown)):
                    files[shown.picture.sha256] = file
                    titles.append({"id": file, "title": bounded(shown.caption or shown.source, _ALT)})
            if titles:
                where = {} if spot is None else _where(spot)
                if spot is not None:
                    await self._calls.posting.note(shared=list(files.values()))
                await self._calls.change("files.completeUploadExternal", files=titles, **where)
        except LeaseLostError:
            raise
        except SlackRefusedError as error:
            _log.warning("A picture was not uploaded: %s", error)
            if error.reason in _NOT_OFFERED:
                self._lacking.note(self._team, "uploads")
            return {}
        except PlatformUnavailableError as error:
            _log.warning("A picture was not uploaded: %s", error)
            return {}
        return files

    async def _send(self, shown: ShownPicture) -> str:
        """Give Slack the bytes; the id of the file, or nothing where the picture is not kept any more."""
        data = await self._find(shown.picture.sha256)
        if data is None:
            return ""
        alt = shown.picture.alt or shown.caption
        answer = await self._calls.repeat(
            "files.getUploadURLExternal",
            filename=_file_name(shown),
            length=len(data),
            **({"alt_txt": bounded(alt, _ALT)} if alt else {}),
        )
        await self._calls.send(lambda: self._post_bytes(string(answer.get("upload_url")), data))
        return string(answer.get("file_id"))

    async def _post_bytes(self, url: str, data: bytes) -> None:
        session = self._client.session
        if session is None:
            raise SlackUncertainError("The connection to Slack is closed.")
        headers = {"Content-Type": "application/octet-stream"}
        try:
            async with session.post(url, data=data, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise SlackUncertainError(f"Slack did not take a file: HTTP {response.status}.")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackUncertainError(f"Slack did not take a file: {type(error).__name__}.") from error


def _where(spot: Spot) -> dict[str, str]:
    return {"channel_id": spot.channel} | ({"thread_ts": spot.thread} if spot.thread else {})


def _file_name(shown: ShownPicture) -> str:
    ending = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}.get(shown.picture.media_type, "")
    name = (shown.picture.name or shown.source.rsplit("/", 1)[-1] or "picture").rsplit(".", 1)[0]
    return f"{name[:200]}{ending}"
