"""What there is in Kubernetes, so that what a request leaves behind can be named."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from tests.cloud import Cloud, wait_for

Json = dict[str, Any]
Traces = dict[str, str]

UNOWNED = frozenset({"events", "leases", "customresourcedefinitions", "componentstatuses", "nodes"})
"""Kinds that change by themselves, or never through OpenStack."""
SETTLE_S = 5.0


class Kubernetes:
    """The objects of a cluster, as the tests' comparison sees them."""

    def __init__(self, cloud: Cloud) -> None:
        self._api = cloud.kube
        self._paths = list(self._listable())

    def _listable(self) -> list[str]:
        groups = self._api.get("/apis").json()["groups"]
        roots = ["/api/v1", *(f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups)]
        return [
            f"{root}/{one['name']}"
            for root in roots
            for one in self._api.get(root).json()["resources"]
            if {"list", "watch"} <= set(one["verbs"] or ()) and one["name"] not in UNOWNED  # KubeVirt has null for none
        ]

    def revision(self) -> str:
        """Return the cluster's newest revision: as long as it stays, nothing has changed."""
        answer = self._api.get("/api/v1/namespaces/default/limitranges")
        answer.raise_for_status()
        return answer.json()["metadata"]["resourceVersion"]

    def look(self) -> Traces:
        """Return a digest of each object without what its controller reports, of each namespace that is not going.

        Addresses of what is gone already are left out: the reconciler gives them back when it comes to it.
        """
        found: Traces = {}
        owners: dict[str, str] = {}
        ids: set[str] = set()
        gone = {
            one["metadata"]["name"]
            for one in self._api.get("/api/v1/namespaces").json()["items"]
            if "deletionTimestamp" in one["metadata"]
        }
        for path in self._paths:
            answer = self._api.get(path)
            answer.raise_for_status()
            for obj in answer.json()["items"]:
                meta = obj["metadata"]
                place = meta.get("namespace") or (meta["name"] if path == "/api/v1/namespaces" else "")
                if place not in gone:
                    key = f"{path} {place}/{meta['name']} {meta['uid']}"
                    found[key] = _digest(obj)
                    ids |= {meta["uid"], *(meta.get("labels") or {}).values()}
                    if path.endswith("/ipaddresses"):
                        owners[key] = obj["spec"]["ownerId"]
        left = {key for key, owner in owners.items() if owner not in ids}
        return {key: digest for key, digest in found.items() if key not in left}

    def settled(self) -> Traces:
        """Look until two looks in a row are the same."""
        last: list[Traces] = [{}]

        def same() -> Traces | None:
            before, last[0] = last[0], self.look()
            return last[0] if before == last[0] else None

        return wait_for(same, "a cluster at rest", SETTLE_S * 4)

    def changes(self, before: Traces, timeout_s: float = SETTLE_S) -> list[str]:
        """Name what is not as before; what is on its way out is given time to go."""
        deadline = time.monotonic() + timeout_s
        while True:
            now = self.look()
            found = [key for key in before.keys() | now.keys() if before.get(key) != now.get(key)]
            if not found or time.monotonic() > deadline:
                return sorted(found)


def _digest(obj: Json) -> str:
    meta = {key: value for key, value in obj["metadata"].items() if key not in {"resourceVersion", "managedFields"}}
    text = json.dumps({**obj, "metadata": meta, "status": None}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
