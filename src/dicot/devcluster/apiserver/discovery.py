"""What is served: /version, health, /api, /apis and the resource lists, in the old form and in the aggregated one."""

import base64
import hashlib
from typing import Any

import msgspec

from dicot.devcluster.apiserver import openapi
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.builtin import TOKEN_REQUEST
from dicot.devcluster.apiserver.call import Answer, answer_json
from dicot.devcluster.apiserver.negotiation import negotiate, wants
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import NotAnApiPath, error
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
_HEALTH = ("healthz", "livez", "readyz")
_STATUS_VERBS = ("get", "patch", "update")


def handle(api: Api, target: Target, accept: str) -> Answer:
    """Answer a path that names no resource."""
    parts = [part for part in target.path.split("/") if part]
    if parts and parts[0] in _HEALTH:
        return Answer(200, b"ok", "text/plain; charset=utf-8", (("X-Content-Type-Options", "nosniff"),))
    if parts == ["version"]:
        return answer_json(VERSION)
    if not parts:
        return answer_json({"paths": _paths(api)})
    if parts[0] == "openapi":
        return openapi.handle(api, parts)
    if parts[0] == "api":
        return _core(api, parts, accept)
    if parts[0] == "apis":
        return _groups(api, parts, accept)
    raise NotAnApiPath


def _paths(api: Api) -> list[str]:
    found = ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/readyz", "/version"]
    for group in _group_names(api):
        found.append(f"/apis/{group}")
        found += [f"/apis/{group}/{version}" for version in _versions(api, group)]
    return sorted(found)


def _core(api: Api, parts: list[str], accept: str) -> Answer:
    if len(parts) == 1:
        if wants(accept, _V2_KIND, "apidiscovery.k8s.io", "v2"):
            return _aggregated([_group_discovery(api, "")])
        negotiate(accept)
        return answer_json({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
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
    return sorted({*api.registry.groups(), *(group for group, _ in api.aggregated)})


def _versions(api: Api, group: str) -> list[str]:
    served = api.registry.versions(group)
    return [*served, *(version for name, version in api.aggregated if name == group and version not in served)]


def _group(api: Api, group: str) -> Json:
    versions = [{"groupVersion": f"{group}/{v}", "version": v} for v in _versions(api, group)]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resource_list(api: Api, group: str, version: str) -> Json:
    group_version = f"{group}/{version}" if group else version
    body: Json = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version}
    aggregated = api.aggregated.get((group, version))
    if aggregated is not None:
        return {**body, "resources": list(aggregated.resources)}
    listed: list[Json] = []
    for resource in api.registry.in_group_version(group, version):
        listed.append(_described(resource))
        listed += [_sub_described(resource, name) for name in resource.subresources]
        if resource.scale is not None:
            listed.append(
                {**_sub_described(resource, "scale"), "group": "autoscaling", "version": "v1", "kind": "Scale"}
            )
    return {**body, "resources": listed}


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
        body["storageVersionHash"] = _storage_version_hash(resource)
    return body


def _storage_version_hash(resource: Resource) -> str:
    """Spell the version a kind is kept in as the real server does: the first 8 bytes of a SHA-256."""
    kept = f"{resource.group}/{resource.storage_version or resource.version}/{resource.kind}"
    return base64.b64encode(hashlib.sha256(kept.encode()).digest()[:8]).decode()


def _sub_described(resource: Resource, name: str) -> Json:
    body: Json = {"name": f"{resource.plural}/{name}", "singularName": "", "namespaced": resource.namespaced}
    if name == "token":
        return {**body, "group": TOKEN_REQUEST.group, "version": "v1", "kind": TOKEN_REQUEST.kind, "verbs": ["create"]}
    verbs = {"log": ["get"], "finalize": ["update"]}.get(name, list(_STATUS_VERBS))
    return {**body, "kind": resource.kind, "verbs": verbs}


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
    for entry in _resource_list(api, group, version)["resources"]:
        name, _, sub = entry["name"].partition("/")
        kind = {"group": entry.get("group", ""), "version": entry.get("version", ""), "kind": entry["kind"]}
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
