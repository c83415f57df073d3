"""What a request is about, read from its method and path alone: kube-apiserver's RequestInfo."""

from collections.abc import Mapping

import msgspec

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get", "HEAD": "get"}
_NAMESPACE_PARTS = ("status", "finalize")


class Target(msgspec.Struct, frozen=True):
    """The verb and what it is to act on; `resource` is empty for paths that name none."""

    verb: str
    path: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: tuple[str, ...] = ()
    watch_path: bool = False

    @property
    def is_resource(self) -> bool:
        """Whether the path names a resource."""
        return bool(self.resource)


def read(method: str, path: str, query: Mapping[str, str]) -> Target:
    """Read a request's target."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) >= 3:
        return _resource(method, path, "", parts[1], parts[2:], query)
    if parts[:1] == ["apis"] and len(parts) >= 4:
        return _resource(method, path, parts[1], parts[2], parts[3:], query)
    return Target(verb=method.lower(), path=path)


def _resource(
    method: str, path: str, group: str, version: str, parts: list[str], query: Mapping[str, str]
) -> Target:  # fmt: skip
    watch_path = parts[0] == "watch" and len(parts) > 1
    if watch_path:
        parts = parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and not (group == "" and parts[2] in _NAMESPACE_PARTS):
            parts = parts[2:]
    resource, name, subresource = (*parts[:3], "", "", "")[:3]
    return Target(
        verb=_verb(method, name, query, watch_path),
        path=path,
        group=group,
        version=version,
        namespace=namespace,
        resource=resource,
        name=name,
        subresource=subresource,
        rest=tuple(parts[3:]),
        watch_path=watch_path,
    )


def _verb(method: str, name: str, query: Mapping[str, str], watch_path: bool) -> str:
    verb = _VERBS.get(method, "")
    if verb == "get" and not name:
        return "watch" if watch_path or query.get("watch", "") in ("1", "true", "True") else "list"
    return "deletecollection" if verb == "delete" and not name else verb
