"""Small secrets at rest: sealed with keys from the environment, and sealed anew when the first key changes.

The sealing is Fernet's (AES-128-CBC with HMAC-SHA256, https://cryptography.io/en/latest/fernet/); what a secret is kept
as travels inside, so that a sealed one copied to another place does not open there.
"""

from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.errors import SettingsError

_HOW = "Make one with `lorelens doctor slack --new-key`, and keep it where the other secrets are."


@dataclass(frozen=True, repr=False)
class Opened:
    """A secret; `outdated` if it is to be sealed anew, since the first key is another one by now."""

    secret: bytes
    outdated: bool = False


class Seal:
    """Seals with the first of the keys, and opens with any of them; they are separated by commas.

    Raises:
        SettingsError: there is no key, or one that is none.
    """

    def __init__(self, keys: str) -> None:
        named = [key.strip() for key in keys.split(",") if key.strip()]
        if not named:
            raise SettingsError("LORELENS_SECRET_KEY is not set: tokens are not kept unsealed.", hint=_HOW)
        fernets: list[Fernet] = []
        for number, key in enumerate(named, start=1):
            try:
                fernets.append(Fernet(key))
            except ValueError:
                # Not chained and not quoted: it may be a key with a typing mistake.
                which = "" if len(named) == 1 else f" number {number}"
                raise SettingsError(
                    f"Key{which} in LORELENS_SECRET_KEY is none: it must be 32 bytes in URL-safe base64.", hint=_HOW
                ) from None
        self.keys = len(fernets)
        self._first = fernets[0]
        self._earlier = MultiFernet(fernets[1:]) if fernets[1:] else None

    def close(self, secret: bytes, place: str) -> bytes:
        """The secret, sealed for the place at which it is kept (a name without NUL)."""
        return self._first.encrypt(place.encode() + b"\0" + secret)

    def open(self, sealed: bytes, place: str) -> Opened:
        """What was sealed for this place.

        Raises:
            SettingsError: none of the keys opens it, or it was sealed for another place.
        """
        try:
            content, outdated = self._first.decrypt(sealed), False
        except InvalidToken:
            content, outdated = self._with_earlier(sealed, place), True
        kept_at, _, secret = content.partition(b"\0")
        if kept_at != place.encode():
            raise SettingsError(
                f"What is kept as {place} was sealed for another place.", hint="Somebody has changed what Redis holds."
            )
        return Opened(secret, outdated)

    def _with_earlier(self, sealed: bytes, place: str) -> bytes:
        try:
            if self._earlier is not None:
                return self._earlier.decrypt(sealed)
        except InvalidToken:
            pass
        raise SettingsError(
            f"No key in LORELENS_SECRET_KEY opens what is kept as {place}.",
            hint="Put the key that it was sealed with behind the new one, after a comma; or install the app again.",
        )


def new_key() -> str:
    """A new key, 32 random bytes in URL-safe base64."""
    return Fernet.generate_key().decode()
