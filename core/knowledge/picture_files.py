"""The knowledge's pictures on disk, named by what is in them."""

from collections.abc import Collection
from pathlib import Path

from core.pictures import NormalizedPicture
from core.whole_files import write_whole


class PictureFiles:
    """Content-addressed files: `<folder>/<first two digits>/<sha256>`. Writing is atomic, and writing twice is once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where a picture is, whether it is there or not; its ending says what it is once it is there."""
        stem = self._folder / sha256[:2] / sha256
        return next((path for path in (stem.with_suffix(".png"), stem.with_suffix(".jpg")) if path.exists()), stem)

    def put(self, picture: NormalizedPicture) -> Path:
        """Keep a picture."""
        ending = ".jpg" if picture.picture.media_type == "image/jpeg" else ".png"
        path = (self._folder / picture.picture.sha256[:2] / picture.picture.sha256).with_suffix(ending)
        if path.exists():
            return path
        write_whole(path, picture.data)
        return path

    def put_made(self, sha256: str, data: bytes) -> None:
        """Keep what was made of a picture, in the place of what was made of it before."""
        write_whole(self._made(sha256), data)

    def get_made(self, sha256: str) -> bytes | None:
        """What was made of a picture, or None if there is nothing."""
        try:
            return self._made(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def get(self, sha256: str) -> bytes | None:
        """The bytes of a picture, or None if it is not here."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, sha256: str) -> None:
        """Let go of a picture, and of what was made of it."""
        self.path(sha256).unlink(missing_ok=True)
        self._made(sha256).unlink(missing_ok=True)

    def keep_only(self, sha256s: Collection[str]) -> None:
        """Let go of all other pictures, and of what writers that were killed left behind."""
        for file in self._folder.glob("*/*"):
            if file.stem not in sha256s:
                file.unlink(missing_ok=True)

    def _made(self, sha256: str) -> Path:
        """Named like the picture, so that it is not kept any longer."""
        return (self._folder / sha256[:2] / sha256).with_suffix(".npz")
