"""What every response says to the browser: nothing from elsewhere, nothing inline, nothing kept that need not be.

What each header does is said at https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_OFF = (
    "accelerometer autoplay display-capture encrypted-media fullscreen geolocation gyroscope hid magnetometer midi "
    "microphone payment publickey-credentials-get screen-wake-lock serial usb xr-spatial-tracking"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: then browsers say `Origin: null` of our own forms, and could not be told from others.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(["camera=(self)", *(f"{one}=()" for one in _OFF.split())]),
}
_FOR_EVER = "public, max-age=31536000, immutable"


def with_headers(start: Message, scope: Scope) -> None:
    """Complete the start of a response. A route may say itself how long its response is kept, and add a policy of its
    own, which then holds beside ours."""
    headers = MutableHeaders(raw=list(start.get("headers", ())))
    headers.append("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    for name, value in _ALWAYS.items():
        headers[name] = value
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if scope["path"].startswith("/static/"):
        is_named_by_content = scope["query_string"].startswith(b"v=") and start["status"] in {200, 304}
        headers["Cache-Control"] = _FOR_EVER if is_named_by_content else "no-cache"
    else:
        headers.setdefault("Cache-Control", "no-store")
    if headers.get("Content-Type", "").startswith("text/event-stream"):
        headers.setdefault("X-Accel-Buffering", "no")  # nginx would keep the stream until it is whole
    start["headers"] = headers.raw
