"""Does an application credential allow this request? Its access rules, as keystonemiddleware reads them."""

from __future__ import annotations

import functools
import re

from dicot.api.policy import Caller
from dicot.api.request import Request
from dicot.cluster import Cluster
from dicot.identity import people
from dicot.identity.kinds import ACCESS_RULES

_PIECE = re.compile(r"(?P<any>\{[^}]*\}|\*(?!\*))|(?P<rest>\*\*)|(?P<plain>.)", re.DOTALL)
_SAID = {"any": r"[^/]+", "rest": ".*"}
PATTERNS_MOST = 4096
"""How many patterns are kept compiled."""


@functools.lru_cache(maxsize=PATTERNS_MOST)
def pattern(path: str) -> re.Pattern[str]:
    """Read a rule's path: `*` and `{name}` stand for one step of a path, `**` for any number of them."""
    pieces = (_SAID.get(str(piece.lastgroup)) or re.escape(piece[0]) for piece in _PIECE.finditer(path))
    return re.compile("".join(pieces), re.DOTALL)


def allows(cluster: Cluster, caller: Caller, request: Request) -> bool:
    """Tell whether the caller's application credential, if there is one, has no rules or one for this request.

    Paths of rules begin below a service's root: `/v2.1/servers` of compute.
    """
    credential = people.application_credential(cluster, caller.application_credential_id)
    if credential is None or "accessRules" not in credential["spec"]:
        return True
    service, method = request.service, request.http.method
    path = request.http.scope["path"].removeprefix(service.root)
    types = {kind for kind, _ in service.catalog}
    for rule_id in credential["spec"]["accessRules"]:
        for rule in cluster.cache(ACCESS_RULES).find("id", rule_id):
            spec = rule["spec"]
            if spec["service"] in types and spec["method"] == method and pattern(spec["path"]).fullmatch(path):
                return spec["userId"] == credential["spec"]["userId"]
    return False
