"""Impersonate-* headers: acting as another user, where RBAC allows it."""

from collections.abc import Iterator
from urllib.parse import unquote

from dicot.devcluster.apiserver import rbac
from dicot.devcluster.apiserver.rbac import Ask
from dicot.devcluster.apiserver.status import ApiError, bad_request
from dicot.devcluster.apiserver.store import Store
from dicot.devcluster.apiserver.users import AUTHENTICATED, User, service_account

_SERVICE_ACCOUNT = "system:serviceaccount:"
_AUTHENTICATION = "authentication.k8s.io"
_EXTRA = "impersonate-extra-"


def requested(headers: list[tuple[str, str]]) -> User | None:
    """Return whom a request wants to act as; 400 for a group, uid or extra without a user."""
    name, uid, groups = "", "", list[str]()
    extra: dict[str, list[str]] = {}
    for key, value in headers:
        if key == "impersonate-user":
            name = value
        elif key == "impersonate-uid":
            uid = value
        elif key == "impersonate-group":
            groups.append(value)
        elif key.startswith(_EXTRA):
            extra.setdefault(unquote(key.removeprefix(_EXTRA)), []).append(value)
    if not name and (uid or groups or extra):
        shown = ", ".join(f'"{group}"' for group in groups)
        listed = f"[]string{{{shown}}}" if groups else "[]string(nil)"
        details = f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{listed}, Extra:{_go_extra(extra)}}}'
        raise bad_request(f"requested {details} without impersonating a user name")
    if not name:
        return None
    return User(name, uid, tuple(groups), tuple((key, tuple(values)) for key, values in extra.items()))


def _go_extra(extra: dict[str, list[str]]) -> str:
    if not extra:
        return "map[string][]string(nil)"
    shown = ", ".join(f'"{k}":[]string{{{", ".join(chr(34) + v + chr(34) for v in vs)}}}' for k, vs in extra.items())
    return f"map[string][]string{{{shown}}}"


def asks(wanted: User) -> Iterator[Ask]:
    """Return what a user must be allowed to act as another."""
    if wanted.username.startswith(_SERVICE_ACCOUNT) and wanted.username.count(":") == 3:
        _, _, namespace, name = wanted.username.split(":")
        yield Ask("impersonate", "", "serviceaccounts", name=name, namespace=namespace)
    else:
        yield Ask("impersonate", "", "users", name=wanted.username)
    if wanted.uid:
        yield Ask("impersonate", _AUTHENTICATION, "uids", name=wanted.uid)
    for group in wanted.groups:
        yield Ask("impersonate", "", "groups", name=group)
    for key, values in wanted.extra:
        for value in values:
            yield Ask("impersonate", _AUTHENTICATION, "userextras", key, value)


def act_as(store: Store, user: User, wanted: User, refuse: ApiError) -> User:
    """Return the user that is acted as, with the groups that come by themselves; `refuse` where RBAC forbids it."""
    if not all(rbac.decide(store, user, ask)[0] for ask in asks(wanted)):
        raise refuse
    groups = list(wanted.groups)
    if wanted.username.startswith(_SERVICE_ACCOUNT) and wanted.username.count(":") == 3 and not groups:
        _, _, namespace, name = wanted.username.split(":")
        groups = list(service_account(namespace, name).groups)
    if AUTHENTICATED not in groups and wanted.username != "system:anonymous":
        groups.append(AUTHENTICATED)
    return User(wanted.username, wanted.uid, tuple(groups), wanted.extra)
