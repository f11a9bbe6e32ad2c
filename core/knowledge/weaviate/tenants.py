"""Which tenant a passage lies in: that of the one workspace whose people may see it, or the one that all share."""

import hashlib
import re
from collections.abc import Sequence

SHARED = "shared"
_WORKSPACE = re.compile(r"([^/]+)/([^/]+)(?:/(?:channel|person)/.+)?", re.DOTALL)
_READABLE = re.compile(r"[A-Za-z0-9-]{1,20}_[A-Za-z0-9-]{1,40}")
# Weaviate takes names of up to 64 letters, digits, "-" and "_".


def tenant_of(audience: Sequence[str]) -> str:
    """Where a passage lies that this audience may see: of one workspace, if all its principals belong to that."""
    tenants = {_tenant(principal) for principal in audience}
    return tenants.pop() if len(tenants) == 1 else SHARED


def tenants_for(audience: Sequence[str]) -> list[str]:
    """Where that which an audience may see can lie, in a fixed order."""
    return sorted({SHARED, *(_tenant(principal) for principal in audience)})


def _tenant(principal: str) -> str:
    match = _WORKSPACE.fullmatch(principal)
    if match is None:
        return SHARED
    name = "_".join(match.groups())
    # A name made of a hash has no underscore, so that it is never another workspace's.
    return (
        name if _READABLE.fullmatch(name) else f"w-{hashlib.sha256('/'.join(match.groups()).encode()).hexdigest()[:40]}"
    )
