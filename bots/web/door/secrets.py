"""The random secrets that browsers and programs hold, and what is kept of them: never themselves."""

import hashlib
import hmac
import secrets
from http.cookies import SimpleCookie


def new_secret() -> str:
    """256 random bits, as 43 characters that are safe in a URL and in a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret: its sha256 in hex. It needs no salt, since it is random itself."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(secret: str, person: str) -> str:
    """What a request that changes something must carry; known only where the page of this session was shown."""
    return hmac.new(secret.encode(), f"csrf {person}".encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing of them."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def cookie_name(name: str, *, https: bool) -> str:
    """What a cookie is called: with a prefix by which browsers take it from nobody but this host by https (RFC 6265bis,
    4.1.3.2)."""
    return f"__Host-lorelens-{name}" if https else f"lorelens-{name}"


def cookie(name: str, value: str, *, https: bool, seconds: int) -> str:
    """The Set-Cookie header of a cookie that scripts can't read; with 0 seconds, of one that is gone."""
    full = cookie_name(name, https=https)
    made = SimpleCookie({full: value})[full]
    for attribute, said in {"path": "/", "max-age": str(seconds), "samesite": "Lax", "httponly": "yes"}.items():
        made[attribute] = said
    if https:
        made["secure"] = "yes"
    return made.OutputString()
