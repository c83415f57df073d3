"""What kube-controller-manager does that every cluster shows: garbage collection, namespaces' end, default accounts,
aggregated roles, quota usage, claim protection, established CRDs. Each follow-up runs right after the write that
caused it, in its own turn of the event loop, so that a test never waits for it by the clock.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from dicot.devcluster.apiserver import crds, garbage, managed, namespaces, quota, rbac, roles
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.create import create
from dicot.devcluster.apiserver.delete import delete
from dicot.devcluster.apiserver.options import DeleteOptions
from dicot.devcluster.apiserver.quantities import is_binary, spell
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.store import Event, Record
from dicot.devcluster.apiserver.update import finished
from dicot.devcluster.apiserver.users import SYSTEM
from dicot.devcluster.apiserver.write import Write
from dicot.devcluster.clock import timestamp

Json = dict[str, Any]
CLAIMS = ("", "persistentvolumeclaims")
PODS = ("", "pods")
EVENTS = ("", "events")
EVENTS_KEPT_S = 3600.0
_MANAGER = "kube-controller-manager"
_PROTECTION = "kubernetes.io/pvc-protection"


class ControlPlane:
    """The follow-ups of one API server."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.graph = garbage.Graph(api.store)
        self._ending_claims: defaultdict[str, set[str]] = defaultdict(set)
        self._events: list[tuple[str, str]] = []  # a heap, by the time at which each was made or last looked at

    def start(self) -> None:
        """Follow what happens from now on, and look once at what is already there."""
        for record in list(self.api.store.scan(crds.CRDS)):
            crds.follow(self.api, Event(record.revision, None, record, None))
        self.api.store.listeners.append(self._happened)
        for bucket in self.api.store.buckets():
            for record in list(self.api.store.scan(bucket)):
                self._happened(Event(record.revision, None, record, None))

    def _happened(self, event: Event) -> None:
        record = event.record
        self.graph.follow(event)
        self._note(event, record)
        if record.bucket == crds.CRDS:
            crds.follow(self.api, event)
        for work, argument in self._follow_ups(event, record):
            self.api.soon(work, argument)

    def _note(self, event: Event, record: Record) -> None:
        """Remember what `_unprotect` and `expire_events` look for: they must not go through all there is."""
        if record.bucket == CLAIMS:
            ending = event.new is not None and garbage.deleting(event.new.body)
            (set.add if ending else set.discard)(self._ending_claims[record.body["metadata"]["namespace"]], record.key)
        if record.bucket == EVENTS and event.old is None:
            heapq.heappush(self._events, (record.body["metadata"]["creationTimestamp"], record.key))

    def _follow_ups(self, event: Event, record: Record) -> list[tuple[Callable[[Any], None], Any]]:
        found: list[tuple[Callable[[Any], None], Any]] = []
        ending = namespaces.terminating(event)
        if ending:
            found.append((self._end_namespace, ending))
        if record.bucket == namespaces.NAMESPACES and event.old is None:
            found.append((self._furnish, record.key))
        if record.bucket == rbac.CLUSTER_ROLES:
            found.append((self._aggregate, None))
        if record.bucket == crds.CRDS:
            found.append((self._settle_crd, record.key))
        elif event.new is None:
            group, plural = record.bucket
            found.append((self._settle_crd, f"{plural}.{group}"))
        namespace = record.body["metadata"].get("namespace")
        if record.bucket in (CLAIMS, PODS) and self._ending_claims.get(namespace):
            found.append((self._unprotect, namespace))
        if namespace and self.api.store.count(quota.QUOTAS, f"{namespace}/"):
            found.append((self._measure, namespace))
        if event.new is None or record.body["metadata"].get("ownerReferences") or garbage.waits(record.body):
            found.append((self._collect, event))
        return found

    def _resource(self, record: Record) -> Resource | None:
        return self.api.registry.of_bucket(record.bucket)

    def _delete(self, record: Record, propagation: str = "") -> None:
        resource = self._resource(record)
        if resource is not None:
            delete(self.api, resource, record, SYSTEM, DeleteOptions(propagation=propagation), [])

    def _current(self, record: Record) -> Record | None:
        return self.api.store.get(record.bucket, record.key)

    def _rewrite(self, record: Record, body: Json, manager: str = _MANAGER, subresource: str = "") -> None:
        """Store a body as the control plane's own write; one that is deleted and has nothing left is removed."""
        resource = self._resource(record)
        if resource is not None:
            how = Write(api=self.api, resource=resource, user=SYSTEM, manager=manager, subresource=subresource)
            body = {**body, "metadata": dict(body["metadata"])}
            managed.track(how, record.body, body)
        if finished(body):
            self.api.store.delete(record)
        else:
            self.api.store.put(record.bucket, record.key, body)

    def _collect(self, event: Event) -> None:
        for record, propagation in self.graph.condemned(event):
            current = self._current(record)
            if current is not None and current.uid == record.uid and not garbage.deleting(current.body):
                self._delete(current, propagation)
        for record, body in self.graph.released(event):
            self._rewrite(record, body)

    def _end_namespace(self, name: str) -> None:
        record = self.api.store.get(namespaces.NAMESPACES, name)
        if record is None or "deletionTimestamp" not in record.body["metadata"]:
            return
        for inside in namespaces.contents(self.api, name):
            current = self._current(inside)
            if current is not None and not garbage.deleting(current.body):
                self._delete(current, "Background")
        record = self.api.store.get(namespaces.NAMESPACES, name)
        if record is not None and not namespaces.contents(self.api, name):
            self._rewrite(record, {**record.body, "spec": Json()})

    def _furnish(self, name: str) -> None:
        record = self.api.store.get(namespaces.NAMESPACES, name)
        accounts = self.api.registry.of_bucket(namespaces.SERVICE_ACCOUNTS)
        if record is None or accounts is None or garbage.deleting(record.body):
            return
        if self.api.find(accounts, name, "default") is None:
            how = Write(api=self.api, resource=accounts, user=SYSTEM, manager=_MANAGER, warnings=[])
            create(how, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}, name)

    def _aggregate(self, _nothing: None) -> None:
        for record, body in roles.aggregated(self.api.store):
            self._rewrite(record, body)

    def _settle_crd(self, name: str) -> None:
        """Establish a definition; where it is deleted, delete its objects first and let go of it when none is left."""
        record = self.api.store.get(crds.CRDS, name)
        if record is None:
            return
        spec = record.body["spec"]
        bucket = (spec["group"], spec["names"]["plural"])
        if garbage.deleting(record.body):
            for inside in list(self.api.store.scan(bucket)):
                if not garbage.deleting(inside.body):
                    self._delete(inside, "Background")
            record = self.api.store.get(crds.CRDS, name)
            if record is not None and not self.api.store.count(bucket):
                self._rewrite(record, garbage.without_finalizer(record.body, crds.CLEANUP), "kube-apiserver")
        elif not (record.body.get("status") or {}).get("conditions"):
            status = crds.established(record.body, self.api.clock.now())
            self._rewrite(record, {**record.body, "status": status}, "kube-apiserver", "status")

    def _unprotect(self, namespace: str) -> None:
        """Let go of deleted claims that no pod uses any more."""
        found = (self.api.store.get(CLAIMS, key) for key in sorted(self._ending_claims[namespace]))
        claims = [record for record in found if record is not None and garbage.deleting(record.body)]
        if not claims:
            return
        used = {name for pod in self.api.store.scan(PODS, f"{namespace}/") for name in _claims_of(pod.body)}
        for record in claims:
            finalizers: list[str] = record.body["metadata"].get("finalizers", [])
            if record.body["metadata"]["name"] not in used and _PROTECTION in finalizers:
                self._rewrite(record, garbage.without_finalizer(record.body, _PROTECTION))

    def expire_events(self) -> None:
        """Remove the events that nothing has added to for an hour, as kube-apiserver does."""
        oldest = timestamp(self.api.clock.now() - EVENTS_KEPT_S)
        while self._events and self._events[0][0] < oldest:
            key = heapq.heappop(self._events)[1]
            record = self.api.store.get(EVENTS, key)
            if record is None:
                continue
            series = record.body.get("series") or {}
            added = (record.body.get("lastTimestamp"), series.get("lastObservedTime"))
            last = max(record.body["metadata"]["creationTimestamp"], *(moment or "" for moment in added))
            if last < oldest:
                self.api.store.delete(record)
            else:
                heapq.heappush(self._events, (last, key))

    def _measure(self, namespace: str) -> None:
        for record in list(self.api.store.scan(quota.QUOTAS, f"{namespace}/")):
            hard: Json = (record.body.get("spec") or {}).get("hard") or {}
            used: Json = {}
            for key, limit in hard.items():
                if quota.measured_resource(self.api, key) is not None:
                    used[key] = spell(quota.usage(self.api, namespace, key), binary=is_binary(limit))
            status = {"hard": hard, "used": used}
            if record.body.get("status") != status:
                self._rewrite(record, {**record.body, "status": status}, subresource="status")


def _claims_of(pod: Json) -> list[str]:
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return []
    volumes = pod.get("spec", {}).get("volumes") or ()
    return [v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v]
