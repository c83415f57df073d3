"""What is served: /version, health, /api, /apis and the resource lists, in the old form and in the aggregated one."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from dicot.devcluster.apiserver import health, openapi
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.builtin import GROUPS, TOKEN_REQUEST
from dicot.devcluster.apiserver.call import Answer, answer_json
from dicot.devcluster.apiserver.negotiation import negotiate, wants
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import NotAnApiPath, error, not_imitated
from dicot.devcluster.apiserver.target import Target

Json = dict[str, Any]

VERSION: Json = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2+dicot",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "linux/amd64",
}
_V2_KIND = "APIGroupDiscoveryList"
_STATUS_VERBS = ("get", "patch", "update")
_CONNECT_VERBS = ("create", "delete", "get", "patch", "update")
_SUB_VERBS = {
    "attach": ("create", "get"), "binding": ("create",), "eviction": ("create",), "exec": ("create", "get"),
    "finalize": ("update",), "log": ("get",), "portforward": ("create", "get"), "proxy": _CONNECT_VERBS,
    "token": ("create",),
}  # fmt: skip
_SUB_KINDS = {
    "pods/attach": "PodAttachOptions", "pods/binding": "Binding", "pods/exec": "PodExecOptions",
    "pods/portforward": "PodPortForwardOptions", "pods/proxy": "PodProxyOptions", "nodes/proxy": "NodeProxyOptions",
    "services/proxy": "ServiceProxyOptions",
}  # fmt: skip
_SUB_GROUPS = {
    "scale": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
    "eviction": {"group": "policy", "version": "v1", "kind": "Eviction"},
    "token": {"group": TOKEN_REQUEST.group, "version": "v1", "kind": TOKEN_REQUEST.kind},
}


def handle(api: Api, target: Target, query: Mapping[str, str], accept: str, host: str) -> Answer:
    """Answer a path that names no resource; `host` is where the caller has reached the server."""
    parts = [part for part in target.path.split("/") if part]
    if parts and parts[0] in health.ENDPOINTS:
        return health.handle(parts, query)
    if parts == ["version"]:
        return answer_json(VERSION)
    if not parts:
        return answer_json({"paths": _paths(api)})
    if parts[0] == "openapi":
        return openapi.handle(api, parts, accept)
    if parts[0] == "api":
        return _core(api, parts, accept, host)
    if parts[0] == "apis":
        return _groups(api, parts, accept)
    if parts[0] in _ABSENT:
        raise not_imitated(_ABSENT[parts[0]])
    raise NotAnApiPath


_ABSENT = {
    ".well-known": "OpenID discovery: no other service can check ServiceAccount tokens, whose key is not public",
    "openid": "OpenID discovery: no other service can check ServiceAccount tokens, whose key is not public",
    "metrics": "/metrics: nothing here is measured",
    "flagz": "/flagz: there are no flags",
    "statusz": "/statusz: see /healthz and /version",
    "logs": "/logs: there are no log files",
    "debug": "/debug: there is no Go program to profile",
}


def _paths(api: Api) -> list[str]:
    found = ["/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/", "/flagz", "/metrics",
             "/metrics/slis", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks", "/statusz", "/version",
             *health.paths()]  # fmt: skip
    for group in _group_names(api):
        found.append(f"/apis/{group}")
        found += [f"/apis/{group}/{version}" for version in _versions(api, group)]
    return sorted(found)


def _core(api: Api, parts: list[str], accept: str, host: str) -> Answer:
    if len(parts) == 1:
        if wants(accept, _V2_KIND, "apidiscovery.k8s.io", "v2"):
            return _aggregated([_group_discovery(api, "")])
        negotiate(accept)
        reached = [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}]
        return answer_json({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": reached})
    if parts == ["api", "v1"]:
        return answer_json(_resource_list(api, "", "v1"))
    raise error(404, "the server could not find the requested resource", details={})


def _groups(api: Api, parts: list[str], accept: str) -> Answer:
    names = _group_names(api)
    if len(parts) == 1:
        if wants(accept, _V2_KIND, "apidiscovery.k8s.io", "v2"):
            return _aggregated([_group_discovery(api, name) for name in names])
        negotiate(accept)
        return answer_json({"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(api, n) for n in names]})
    if parts[1] not in names:
        raise NotAnApiPath
    if len(parts) == 2:
        return answer_json({"kind": "APIGroup", "apiVersion": "v1", **_group(api, parts[1])})
    if parts[2] not in _versions(api, parts[1]):
        raise NotAnApiPath
    return answer_json(_resource_list(api, parts[1], parts[2]))


def _group_names(api: Api) -> list[str]:
    names = {*api.registry.groups(), *(group for group, _ in api.aggregated)}
    return sorted(names, key=lambda name: (GROUPS.index(name) if name in GROUPS else len(GROUPS), name))


def _versions(api: Api, group: str) -> list[str]:
    served = api.registry.versions(group)
    return [*served, *(version for name, version in api.aggregated if name == group and version not in served)]


def _group(api: Api, group: str) -> Json:
    versions = [{"groupVersion": f"{group}/{v}", "version": v} for v in _versions(api, group)]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resource_list(api: Api, group: str, version: str) -> Json:
    group_version = f"{group}/{version}" if group else version
    # The list of the core group says no version of its own.
    named: Json = {"apiVersion": "v1"} if group else {}
    body: Json = {"kind": "APIResourceList", **named, "groupVersion": group_version}
    aggregated = api.aggregated.get((group, version))
    if aggregated is not None:
        return {**body, "resources": list(aggregated.resources)}
    listed: list[Json] = []
    for resource in api.registry.in_group_version(group, version):
        listed.append(_described(resource))
        listed += [_sub_described(resource, name) for name in _subresources(resource)]
    return {**body, "resources": listed}


def _subresources(resource: Resource) -> list[str]:
    names = [*resource.subresources, *(["scale"] if resource.scale is not None else [])]
    return names if resource.custom else sorted(names)


def _described(resource: Resource) -> Json:
    body: Json = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        body["shortNames"] = list(resource.short_names)
    if resource.categories:
        body["categories"] = list(resource.categories)
    if "watch" in resource.verbs:
        body["storageVersionHash"] = storage_version_hash(resource)
    return body


def storage_version_hash(resource: Resource) -> str:
    """Return what tells clients that objects are kept in another version: apiserver's discovery.StorageVersionHash."""
    group, _, version = resource.stored_api_version.rpartition("/")
    digest = hashlib.sha256(f"{group}/{version}/{resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _sub_described(resource: Resource, name: str) -> Json:
    full = f"{resource.plural}/{name}"
    body: Json = {"name": full, "singularName": "", "namespaced": resource.namespaced}
    kind = _SUB_GROUPS.get(name) or {"kind": _SUB_KINDS.get(full, resource.kind)}
    return {**body, **kind, "verbs": list(_SUB_VERBS.get(name, _STATUS_VERBS))}


def _aggregated(items: list[Json]) -> Answer:
    metadata: Json = {}
    body = {"kind": _V2_KIND, "apiVersion": "apidiscovery.k8s.io/v2", "metadata": metadata, "items": items}
    # Clients tell the two forms apart by the media type alone.
    return Answer(200, msgspec.json.encode(body), f"application/json;g=apidiscovery.k8s.io;v=v2;as={_V2_KIND}")


def _group_discovery(api: Api, group: str) -> Json:
    versions = [_version_discovery(api, group, version) for version in (_versions(api, group) if group else ["v1"])]
    return {"metadata": {"name": group} if group else {}, "versions": versions}


def _version_discovery(api: Api, group: str, version: str) -> Json:
    resources: list[Json] = []
    # Custom resources say group and version of their own kind too; built-in ones only where it is another's.
    custom = any(r.custom for r in api.registry.in_group_version(group, version))
    own = {"group": group, "version": version} if custom else {"group": "", "version": ""}
    for entry in _resource_list(api, group, version)["resources"]:
        name, _, sub = entry["name"].partition("/")
        kind = {**own, **{key: entry[key] for key in ("group", "version") if key in entry}, "kind": entry["kind"]}
        if sub:
            owner = next((r for r in resources if r["resource"] == name), None)
            if owner is not None:
                found = {"subresource": sub, "responseKind": kind, "verbs": entry["verbs"]}
                owner.setdefault("subresources", []).append(found)
            continue
        item: Json = {
            "resource": name,
            "responseKind": kind,
            "scope": "Namespaced" if entry["namespaced"] else "Cluster",
            "singularResource": entry["singularName"],
            "verbs": entry["verbs"],
        }
        item |= {key: entry[key] for key in ("shortNames", "categories") if key in entry}
        resources.append(item)
    return {"version": version, "resources": resources, "freshness": "Current"}
