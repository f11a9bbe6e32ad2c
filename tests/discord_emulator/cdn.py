"""The CDN: attachments by signed links that come to an end.

discord.com/developers/docs/reference#signed-attachment-cdn-urls
"""

from aiohttp import web

from tests.discord_emulator.world import World

GONE = "This content is no longer available."


class Cdn:
    """Gives files; `served` counts what was fetched, by attachment id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.served: dict[int, int] = {}

    def mount(self, app: web.Application) -> None:
        """Add the routes to an application."""
        app.router.add_get("/cdn/attachments/{channel}/{id}/{filename}", self._attachment)
        app.router.add_get("/cdn/ephemeral-attachments/{application}/{id}/{filename}", self._attachment)
        app.router.add_get("/cdn/embed/avatars/{name}", self._avatar)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        one = self._world.files.get(int(request.match_info["id"]))
        if one is None or one.filename != request.match_info["filename"]:
            return web.Response(status=404)
        try:
            end, start = int(request.query["ex"], 16), int(request.query["is"], 16)
        except (KeyError, ValueError):
            return web.Response(status=404, text=GONE)
        if request.query.get("hm") != one.signature or not start - 1 <= self._world.clock.now() <= end:
            return web.Response(status=404, text=GONE)
        self.served[one.id] = self.served.get(one.id, 0) + 1
        self._world.touch()
        kind = one.content_type or "application/octet-stream"
        return web.Response(
            body=one.content, headers={"Content-Type": kind, "Cache-Control": "public, max-age=31536000"}
        )

    async def _avatar(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=404)
