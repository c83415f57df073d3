"""/healthz, /livez and /readyz: whole, itemised (`verbose`), less some checks (`exclude`), and check by check.

The checks have the names of those of the real server that have a counterpart here. One process holds them all: whoever
is answered at all finds them well.
"""

from collections.abc import Mapping

from dicot.devcluster.apiserver.call import Answer
from dicot.devcluster.apiserver.status import NotAnApiPath

_HOOKS = (
    "start-apiserver-admission-initializer", "generic-apiserver-start-informers", "start-apiextensions-controllers",
    "crd-informer-synced", "start-system-namespaces-controller", "rbac/bootstrap-roles", "bootstrap-controller",
    "apiservice-registration-controller", "apiservice-discovery-controller", "apiservice-openapi-controller",
    "apiservice-openapiv3-controller",
)  # fmt: skip
_CHECKS = ("ping", "log", *(f"poststarthook/{hook}" for hook in _HOOKS))
ENDPOINTS: dict[str, tuple[str, ...]] = {
    "healthz": _CHECKS,
    "livez": _CHECKS,
    "readyz": (*_CHECKS[:2], "informer-sync", *_CHECKS[2:], "shutdown"),
}
_HEADERS = (("X-Content-Type-Options", "nosniff"),)


def paths() -> list[str]:
    """Return the paths of every check."""
    return [f"/{name}{check}" for name, checks in ENDPOINTS.items() for check in ("", *(f"/{c}" for c in checks))]


def handle(parts: list[str], query: Mapping[str, str]) -> Answer:
    """Answer for all checks of an endpoint, or for one of them."""
    name, *rest = parts
    checks = ENDPOINTS[name]
    if rest:
        if "/".join(rest) not in checks:
            raise NotAnApiPath
        return _text("ok")
    if "verbose" not in query:
        return _text("ok")
    left_out = query.get("exclude", "")
    lines = [f"[+]{check} {'excluded: ok' if check == left_out else 'ok'}\n" for check in checks]
    return _text("".join(lines) + f"{name} check passed\n")


def _text(text: str) -> Answer:
    return Answer(200, text.encode(), "text/plain; charset=utf-8", _HEADERS)
