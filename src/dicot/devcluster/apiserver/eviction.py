"""POST of a pod's eviction: admission has its say, then the pod is deleted."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver import write
from dicot.devcluster.apiserver.call import Answer, Call, answer_json
from dicot.devcluster.apiserver.decode import read_object
from dicot.devcluster.apiserver.delete import delete
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.options import delete_options
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import bad_request, method_not_allowed
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]
EVICTION = Resource(group="policy", version="v1", plural="pods", kind="Eviction")


def handle(call: Call) -> Answer:
    """Evict a pod, unless a hook refuses."""
    record = existing(call.api, call.resource, call.target.namespace, call.target.name)
    if call.target.verb != "create":
        raise method_not_allowed(call.resource, call.target.verb)
    body = _body(call)
    options = delete_options(call.query, call.dry_run, body.get("deleteOptions") or {})
    how = Write(api=call.api, resource=call.resource, user=call.user, manager=call.manager, dry_run=options.dry_run,
                subresource="eviction", warnings=call.warnings)  # fmt: skip
    call.api.admission.validate(write.review(how, "CREATE", call.target.namespace, body, None))
    delete(call.api, call.resource, record, call.user, options, call.warnings)
    return answer_json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _body(call: Call) -> Json:
    sent = msgspec.structs.replace(call, resource=EVICTION)
    body, _ = read_object(sent)
    name = (body.get("metadata") or {}).get("name")
    if name != call.target.name:
        raise bad_request("name in URL does not match name in Eviction object")
    return body
