"""Passwords, hashed by argon2id with the parameters of RFC 9106's low-memory profile, which argon2-cffi follows."""

import asyncio
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import QuestionError

SHORTEST, LONGEST = 10, 1024
"""Characters."""
_AT_ONCE = 2
"""Each hashing takes 64 MiB and all cores; who comes when two are under way waits."""

HASHER = PasswordHasher()


def hashed(password: str, name: str) -> str:
    """A hash to keep for a password; it takes about 50 ms.

    Raises:
        QuestionError: it is too short, too long, or the name.
    """
    normal = _normal(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        raise QuestionError(
            f"A password has {SHORTEST} to {LONGEST} characters.",
            hint="Several words make a good one; so does a password manager.",
        )
    if normal.strip().casefold() == name.strip().casefold():
        raise QuestionError("The name is no password.", hint="Choose one that nobody guesses.")
    return HASHER.hash(normal)


class Passwords:
    """Tells right ones from wrong ones, in a thread."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def is_right(self, password: str, kept: str) -> bool:
        """Whether it is the one that was hashed. For nobody, whose hash is empty, it takes as long, and is not."""
        async with self._turns:
            return await asyncio.to_thread(_verify, password[: LONGEST + 1], kept)


def _verify(password: str, kept: str) -> bool:
    try:
        return HASHER.verify(kept or _nobodys(HASHER), _normal(password)) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody's")


def _normal(password: str) -> str:
    """The same password from every keyboard (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
