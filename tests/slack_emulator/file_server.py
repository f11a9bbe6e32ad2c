"""files.slack.com: the bytes of files for who may read them, a login page for who may not, and uploads."""

from urllib.parse import quote

from aiohttp import web

from tests.slack_emulator.model import File
from tests.slack_emulator.records import Download
from tests.slack_emulator.refusals import RefusedError
from tests.slack_emulator.world import World

_LOGIN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to your workspace</body></html>"


class FileServer:
    """Serves url_private, url_private_download and upload URLs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.elsewhere = ""
        """Address of the other host to which faults redirect."""

    async def download(self, request: web.Request) -> web.Response:
        """The bytes, or whatever is sent instead."""
        authorization = request.headers.get("Authorization", "")
        sent, response = self._answer(request, authorization)
        host = request.headers.get("Host", "")
        self._world.records.downloads.append(Download(request.path, authorization, sent, host))
        self._world.records.changed()
        return response

    def _answer(self, request: web.Request, authorization: str) -> tuple[str, web.Response]:
        kind = self._world.faults.files_are
        fault = self._world.faults.next("files")
        kind = fault.kind if fault is not None else kind
        if kind == "redirect":
            return kind, web.Response(status=302, headers={"Location": f"{self.elsewhere}/elsewhere{request.path}"})
        if kind == "html":
            return "login page", _login()
        if kind.isdigit():
            return kind, web.Response(status=int(kind), headers={"Retry-After": "1"} if kind == "429" else None)
        try:
            installation = self._world.tokens.caller(authorization.removeprefix("Bearer ").strip())
        except RefusedError:
            # Who is not logged in is led to the login page.
            where = f"{self._world.base}/signin?redir={quote(request.path)}"
            return "login redirect", web.Response(status=302, headers={"Location": where})
        if "files:read" not in installation.scopes:
            return "login page", _login()
        file = self._file(request)
        if file is None or not self._seen(file, installation.bot_user.id):
            return "404", web.Response(status=404, text="File not found")
        headers = {"Content-Disposition": f'attachment; filename="{quote(file.name)}"', "Content-Type": file.mimetype}
        return "content", web.Response(body=file.content, headers=headers)

    def _file(self, request: web.Request) -> File | None:
        file = self._world.files.get(request.match_info["file"].split("-")[1])
        return None if file is None or file.deleted else file

    def _seen(self, file: File, bot: str) -> bool:
        return file.given or file.owner == bot or any(bot in self._world.channels[one].members for one in file.channels)

    async def elsewhere_page(self, request: web.Request) -> web.Response:
        """What stands on the other host: it takes whatever token is brought along."""
        authorization = request.headers.get("Authorization", "")
        self._world.records.downloads.append(
            Download(request.path, authorization, "elsewhere", request.headers.get("Host", ""))
        )
        return web.Response(body=b"not the file", content_type="image/png")

    async def sign_in(self, request: web.Request) -> web.Response:
        """The login page."""
        return _login()

    async def upload(self, request: web.Request) -> web.Response:
        """The bytes of a new file, raw or as a form's `file`."""
        file = self._world.files.get(request.match_info["file"])
        if file is None or file.complete:
            return web.Response(status=404, text="no such upload")
        if request.content_type == "multipart/form-data":
            form = await request.post()
            part = next(iter(form.values()), b"")
            body = part.file.read() if isinstance(part, web.FileField) else str(part).encode()
        else:
            body = await request.read()
        if len(body) != file.expected:
            return web.Response(status=400, text="length mismatch")
        file.content = body
        return web.Response(text=f"OK - {len(body)}")


def _login() -> web.Response:
    return web.Response(text=_LOGIN, content_type="text/html")
