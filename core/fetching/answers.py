"""What came back from an address, as a plain value."""

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from multidict import CIMultiDict, CIMultiDictProxy


def _none() -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict())


@dataclass(frozen=True)
class Fetched:
    """An answer: `url` is where it came from in the end, after redirects; `data` is unpacked.

    `status` is 200, or 304 where what the asker has is still so (`data` is empty then). `kind` is the media type
    without parameters in lower case, empty where none was given; `charset` the one that was said.
    """

    url: str
    status: int
    data: bytes = b""
    kind: str = ""
    charset: str = ""
    headers: CIMultiDictProxy[str] = field(default_factory=_none)

    @property
    def is_unchanged(self) -> bool:
        """Whether what the asker has is still so."""
        return self.status == 304

    @property
    def etag(self) -> str:
        """What to ask with the next time, as `etag`."""
        return self.headers.get("ETag", "")

    @property
    def last_modified(self) -> str:
        """What to ask with the next time, as `last_modified`."""
        return self.headers.get("Last-Modified", "")

    @property
    def modified(self) -> float:
        """When it was last changed, in seconds since 1970; 0 where that was not said."""
        return http_time(self.last_modified)


def http_time(date: str) -> float:
    """A date of HTTP in seconds since 1970; 0 for what is none."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
