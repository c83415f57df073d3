"""POST of a Binding: a pod is placed on a node, as a scheduler does it."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver import kinds, managed
from dicot.devcluster.apiserver.call import Answer, Call, answer_json
from dicot.devcluster.apiserver.decode import read_object
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.options import write_options
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import conflict, invalid, required
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write
from dicot.devcluster.clock import timestamp

Json = dict[str, Any]
PODS = ("", "pods")
BINDING = Resource("", "v1", "bindings", "Binding")
_SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": Json(), "status": "Success", "code": 201}


def bind(call: Call) -> Answer:
    """Place a pod on a node; the Binding comes to `pods/{name}/binding` or to `bindings`."""
    options, body = write_options(call.query, call.dry_run, "Create", call.manager), _read(call, BINDING)
    name = call.target.name or body["metadata"].get("name", "")
    record = _pod(call, name)
    node = (body.get("target") or {}).get("name")
    if not node:
        raise invalid(BINDING, name, [required("target.name")])
    if record.body["spec"].get("nodeName"):
        why = f"pod {name} is already assigned to node {record.body['spec']['nodeName']!r}".replace("'", '"')
        raise conflict(BINDING, name, why)
    pod = msgspec.json.decode(record.encoded)
    pod["spec"]["nodeName"] = node
    conditions = [c for c in pod["status"].get("conditions") or () if c["type"] != "PodScheduled"]
    now = timestamp(call.api.clock.now())
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    pod["status"]["conditions"] = [*conditions, scheduled]
    resource = call.api.registry.of_bucket(PODS)
    assert resource is not None
    how = Write(api=call.api, resource=resource, user=call.user, manager=options.field_manager,
                dry_run=options.dry_run, subresource="binding", warnings=call.warnings)  # fmt: skip
    managed.track(how, record.body, pod)
    if not how.dry_run:
        call.api.store.put(record.bucket, record.key, pod)
    return answer_json(_SUCCESS, 201)


def _read(call: Call, resource: Resource) -> Json:
    call.resource = resource
    body, _ = read_object(call)
    kinds.prune(resource, body)
    body.setdefault("metadata", {})
    return body


def _pod(call: Call, name: str) -> Record:
    resource = call.api.registry.of_bucket(PODS)
    assert resource is not None
    return existing(call.api, resource, call.target.namespace, name)
