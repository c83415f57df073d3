"""Whom Dicot acts for, and the Impersonate-* headers that say so to Kubernetes.

Pure. Refuses what could make one person into another, or into Kubernetes itself.
"""

import re

import msgspec
from multidict import CIMultiDict

from dicot.kube.errors import Forbidden

SYSTEM = "system:"
"""What Kubernetes keeps for itself: of these names only those of ordinary people and accounts may be acted as."""
_ACCOUNT = "system:serviceaccount:"
_ACCOUNTS = "system:serviceaccounts:"
_KUBERNETES_OWN = "kube-"  # namespaces whose accounts run the cluster
_HARMLESS_GROUPS = frozenset({"system:authenticated", "system:authenticated:oauth", "system:serviceaccounts"})
_PRINTABLE = re.compile(r"[ -~\xa0-\xff]+")  # Latin-1 without control characters
_LEGAL_KEY = re.compile(r"[a-z0-9!#$&'*+.^_`|~-]")


class Actor(msgspec.Struct, frozen=True):
    """A person or ServiceAccount as Kubernetes' RBAC knows it."""

    username: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, str], ...] = ()


def headers_for(actor: Actor) -> CIMultiDict[str]:
    """Build the Impersonate-* headers; raise Forbidden for a name too powerful or unfit for a header."""
    headers: CIMultiDict[str] = CIMultiDict()
    headers.add("Impersonate-User", _user(actor.username))
    for group in actor.groups:
        headers.add("Impersonate-Group", _group(group))
    if actor.uid:
        headers.add("Impersonate-Uid", _value(actor.uid, "uid"))
    for key, value in actor.extra:
        headers.add(f"Impersonate-Extra-{_key(key)}", _value(value, f"extra {key}"))
    return headers


def _user(name: str) -> str:
    if name.startswith(SYSTEM) and not _is_ordinary_account(name):
        raise Forbidden(f"user {name!r} may not be impersonated")
    return _value(name, "user")


def _is_ordinary_account(name: str) -> bool:
    namespace, _, account = name.removeprefix(_ACCOUNT).partition(":")
    named = name.startswith(_ACCOUNT) and namespace and account and ":" not in account
    return bool(named) and not namespace.startswith(_KUBERNETES_OWN)


def _group(name: str) -> str:
    of_namespace = name.startswith(_ACCOUNTS) and not name.startswith(_ACCOUNTS + _KUBERNETES_OWN)
    if name.startswith(SYSTEM) and name not in _HARMLESS_GROUPS and not of_namespace:
        raise Forbidden(f"group {name!r} may not be impersonated")
    return _value(name, "group")


def _value(value: str, what: str) -> str:
    # A server strips surrounding blanks, so " system:masters" would pass the check and arrive as another name.
    if value != value.strip() or not _PRINTABLE.fullmatch(value):
        raise Forbidden(f"{what} {value!r} cannot be impersonated: not a header value")
    return value


def _key(key: str) -> str:
    # Kubernetes lower-cases the header and then undoes percent-encoding: so capitals survive only encoded.
    if not key:
        raise Forbidden("extra '' cannot be impersonated: empty key")
    return "".join(
        char if _LEGAL_KEY.fullmatch(char) else "".join(f"%{byte:02X}" for byte in char.encode()) for char in key
    )
