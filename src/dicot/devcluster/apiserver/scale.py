"""The scale subresource of custom resources: one number of the object, seen as autoscaling/v1 Scale."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver import jsonpatch, update
from dicot.devcluster.apiserver.call import Answer, Call, answer_json
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.options import write_options
from dicot.devcluster.apiserver.selectors import field_value
from dicot.devcluster.apiserver.status import unsupported_media
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]


def handle(call: Call) -> Answer:
    """Read or change the scale of an object."""
    record = existing(call.api, call.resource, call.target.namespace, call.target.name)
    shown = _scale(call, record)
    if call.target.verb == "get":
        return answer_json(shown)
    sent = msgspec.json.decode(call.body)
    if call.target.verb == "patch":
        if call.media_type != "application/merge-patch+json":
            raise unsupported_media(["application/merge-patch+json"])
        sent = jsonpatch.merge(shown, sent)
    options = write_options(call.query, call.dry_run, "Patch", call.manager)
    how = Write(api=call.api, resource=call.resource, user=call.user, manager=options.field_manager,
                dry_run=options.dry_run, warnings=call.warnings)  # fmt: skip
    body = msgspec.json.decode(record.encoded)
    _set(body, _path(call, "specReplicasPath"), sent["spec"]["replicas"])
    return answer_json(_scale(call, update.replace(how, record, body)))


def _path(call: Call, key: str) -> str:
    return (call.resource.scale or {}).get(key, "").lstrip(".")


def _scale(call: Call, record: Record) -> Json:
    meta = record.body["metadata"]
    keys = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: Json = {"replicas": int(field_value(record.body, _path(call, "statusReplicasPath")) or 0)}
    selector = _path(call, "labelSelectorPath")
    if selector:
        status["selector"] = field_value(record.body, selector)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in keys if key in meta},
        "spec": {"replicas": int(field_value(record.body, _path(call, "specReplicasPath")) or 0)},
        "status": status,
    }


def _set(body: Json, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        body = body.setdefault(part, {})
    body[last] = value
