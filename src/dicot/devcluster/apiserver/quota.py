"""ResourceQuota: object counts and requested storage, checked at once when something is created or grows."""

from fractions import Fraction
from typing import Any

from dicot.devcluster.apiserver import quantities
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import forbidden

Json = dict[str, Any]
QUOTAS = ("", "resourcequotas")
CLAIMS = ("", "persistentvolumeclaims")
PODS = ("", "pods")
_PLAIN_COUNTS = ("pods", "services", "secrets", "configmaps", "persistentvolumeclaims", "resourcequotas")
_COMPUTE = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


def check(api: Api, resource: Resource, namespace: str, body: Json, old: Json | None) -> None:
    """Refuse (403) what a quota of the namespace does not leave room for."""
    if not namespace:
        return
    for record in api.store.scan(QUOTAS, f"{namespace}/"):
        _check_one(api, resource, namespace, body, old, record.body)


def _check_one(api: Api, resource: Resource, namespace: str, body: Json, old: Json | None, quota: Json) -> None:
    hard: Json = (quota.get("spec") or {}).get("hard") or {}
    quota_name, name = quota["metadata"]["name"], body["metadata"]["name"]
    if resource.bucket == PODS and old is None:
        _check_specified(resource, body, hard, quota_name)
    over: list[tuple[str, str, str, str]] = []
    for key, limit in sorted(hard.items()):
        asked = _delta(resource, key, body, old)
        if asked <= 0:
            continue
        used = usage(api, namespace, key)
        if used + asked > (quantities.parse(limit) or 0):
            binary = quantities.is_binary(limit)
            asked_text, used_text = (quantities.spell(value, binary=binary) for value in (asked, used))
            over.append((key, asked_text, used_text, str(limit)))
    if over:
        parts = (",".join(f"{row[0]}={row[column]}" for row in over) for column in (1, 2, 3))
        requested, had, limited = parts
        why = f"exceeded quota: {quota_name}, requested: {requested}, used: {had}, limited: {limited}"
        raise forbidden(resource, name, why)


def _check_specified(resource: Resource, pod: Json, hard: Json, quota_name: str) -> None:
    missing: dict[str, list[str]] = {}
    for key in sorted(hard.keys() & set(_COMPUTE)):
        side, _, what = key.rpartition(".")
        for container in pod["spec"].get("containers") or ():
            given = (container.get("resources") or {}).get(side or "requests") or {}
            if what not in given:
                missing.setdefault(container["name"], []).append(key)
    if missing:
        text = "; ".join(f"{','.join(keys)} for: {name}" for name, keys in missing.items())
        raise forbidden(resource, pod["metadata"]["name"], f"failed quota: {quota_name}: must specify {text}")


def _delta(resource: Resource, key: str, body: Json, old: Json | None) -> Fraction:
    return measure(resource, key, body) - (measure(resource, key, old) if old else 0)


def measure(resource: Resource, key: str, body: Json) -> Fraction:
    """Return how much of a quota's key one object takes."""
    if key == f"count/{resource.qualified}" or (resource.group == "" and key == resource.plural):
        return Fraction(1)
    if resource.bucket == CLAIMS:
        return _measure_claim(key, body)
    if resource.bucket == PODS and key in _COMPUTE:
        side, _, what = key.rpartition(".")
        total = Fraction(0)
        for container in body["spec"].get("containers") or ():
            given = (container.get("resources") or {}).get(side or "requests") or {}
            total += quantities.parse(given.get(what, "0")) or 0
        return total
    return Fraction(0)


def _measure_claim(key: str, body: Json) -> Fraction:
    spec = body.get("spec") or {}
    storage_class, _, rest = key.partition(".storageclass.storage.k8s.io/")
    if rest:
        if spec.get("storageClassName") != storage_class:
            return Fraction(0)
        key = rest
    if key == "persistentvolumeclaims":
        return Fraction(1)
    if key != "requests.storage":
        return Fraction(0)
    return quantities.parse(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")) or Fraction(0)


def usage(api: Api, namespace: str, key: str) -> Fraction:
    """Return how much of a quota's key a namespace uses."""
    resource = measured_resource(api, key)
    if resource is None:
        return Fraction(0)
    if key.startswith("count/") or key in _PLAIN_COUNTS:
        return Fraction(api.store.count(resource.bucket, f"{namespace}/"))
    found = api.store.scan(resource.bucket, f"{namespace}/")
    return sum((measure(resource, key, record.body) for record in found), Fraction(0))


def measured_resource(api: Api, key: str) -> Resource | None:
    """Return the resource whose objects a quota's key counts; None where it counts nothing here."""
    if key.startswith("count/"):
        plural, _, group = key.removeprefix("count/").partition(".")
        return api.registry.of_bucket((group, plural))
    if key in _PLAIN_COUNTS:
        return api.registry.of_bucket(("", key))
    if key in _COMPUTE:
        return api.registry.of_bucket(PODS)
    storage = key == "requests.storage" or ".storageclass.storage.k8s.io/" in key
    return api.registry.of_bucket(CLAIMS) if storage else None
