"""Which folders and files of the machine an operator of the page may name: what the settings allow, and nothing else.

Whoever looks after the page is not whoever runs the machine. A path is taken for what it leads to, links followed; it
has to lie below one of the folders of `web_folders`, no part of it below that may be hidden, and it may neither hold
Lorelens' own data nor lie in it. What lies elsewhere is not looked at, so that nobody learns whether it is there.
"""

import os
from pathlib import Path

from bots.web.knowledge.faults import FaultError
from config.settings import Settings

NEVER = tuple(map(Path, ("/proc", "/sys", "/dev", "/etc", "/boot", "/run", "/root", "/var/run")))
SUGGESTED = 50


def roots_of(settings: Settings) -> list[Path]:
    """The folders that the settings allow, as they are on the disk; those that are not there are left out."""
    named = (one.strip() for one in settings.web_folders.split(","))
    roots = (Path(os.path.realpath(Path(one).expanduser())) for one in named if one)
    return [root for root in dict.fromkeys(roots) if root.is_dir()]


def allowed_path(text: str, settings: Settings) -> Path:
    """The path, if it may be read in. Blocking.

    Raises:
        FaultError: it may not be, or can't be read; says why.
    """
    text = text.strip()
    if not text.isprintable() or not text.startswith("/"):
        raise FaultError("no_path")
    roots = roots_of(settings)
    path = Path(os.path.realpath(text))
    root = next((one for one in roots if path.is_relative_to(one)), None)
    if not roots:
        raise FaultError("none_allowed")
    if root is None or any(path.is_relative_to(one) for one in NEVER):
        raise FaultError("not_allowed", roots=", ".join(map(str, roots)))
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        raise FaultError("hidden")
    data = Path(os.path.realpath(settings.data_folder))
    if path.is_relative_to(data) or data.is_relative_to(path):
        raise FaultError("own_data")
    if not path.exists():
        raise FaultError("nothing_there", path=path)
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        raise FaultError("not_readable", path=path)
    return path


def suggestions(settings: Settings) -> list[str]:
    """Some of the folders that may be named: those allowed, and what lies in them. Blocking."""
    found: list[str] = []
    for root in roots_of(settings):
        found.append(str(root))
        try:
            with os.scandir(root) as entries:
                inner = [one.path for one in entries if one.is_dir(follow_symlinks=False) and one.name[:1] != "."]
        except OSError:
            continue
        found += sorted(inner)
    return found[:SUGGESTED]
