"""Where people see a file of a repository: the pages of the git hosts that are known."""

import re
from urllib.parse import quote

_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!/)(.+)\Z")
_URL = re.compile(r"(?:https?|ssh|git)://(?:[^/@]*@)?([\w.-]+)(?::\d+)?/(.+)\Z")
_FORMS = (
    (re.compile(r"(.*\.)?github\."), "blob/{branch}"),
    (re.compile(r"(.*\.)?gitlab\."), "-/blob/{branch}"),
    (re.compile(r"(.*\.)?(gitea|forgejo)\.|codeberg\.org\Z"), "src/branch/{branch}"),
    (re.compile(r"bitbucket\.org\Z"), "src/{branch}"),
)


def pages_of(location: str, branch: str, folder: str) -> str:
    """The address below which the files of a folder of a branch are seen; empty for a host that is not known."""
    found = _URL.match(location) or _SCP.match(location)
    if found is None or location.startswith("/"):
        return ""
    host, path = found.group(1).lower(), found.group(2).strip("/").removesuffix(".git")
    form = next((form for pattern, form in _FORMS if pattern.match(host)), "")
    if not form or not path:
        return ""
    below = "/".join(filter(None, (quote(path), form.format(branch=quote(branch)), quote(folder))))
    return f"https://{host}/{below}/"
