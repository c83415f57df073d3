"""Server-side apply (application/apply-patch+yaml)."""

from typing import Any

import msgspec
import yaml

from dicot.devcluster.apiserver import create, jsonpatch, update, views
from dicot.devcluster.apiserver.call import Answer, Call
from dicot.devcluster.apiserver.options import WriteOptions
from dicot.devcluster.apiserver.status import bad_request
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]


def handle(call: Call, options: WriteOptions) -> Answer:
    """Make the object have what the body says, creating it where it is missing."""
    body = yaml.safe_load(call.body)
    if not isinstance(body, dict) or not body.get("apiVersion") or not body.get("kind"):
        kind = body.get("kind", "") if isinstance(body, dict) else ""
        raise bad_request(f"invalid object type: /, Kind={kind}")
    metadata: Json = body.setdefault("metadata", {})
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    update.check_name(metadata, call.target.name)
    how = Write(
        api=call.api, resource=call.resource, user=call.user, manager=options.field_manager, dry_run=options.dry_run,
        validation=options.field_validation, subresource=call.target.subresource, warnings=call.warnings,
    )  # fmt: skip
    record = call.api.find(call.resource, call.target.namespace, call.target.name)
    if record is None:
        made = create.create(how, body, call.target.namespace)
        return views.answer_object(call, made, 201) if isinstance(made, Record) else views.answer_body(call, made, 201)
    merged = jsonpatch.merge(views.at_version(call.resource, record.body), body)
    merged = msgspec.json.decode(msgspec.json.encode(merged))
    return views.answer_object(call, update.replace(how, record, merged))
