"""POST of a pod's eviction: admission and disruption budgets have their say, then the pod is deleted."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver import kinds, write
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.call import Answer, Call, answer_json
from dicot.devcluster.apiserver.decode import read_object
from dicot.devcluster.apiserver.delete import delete
from dicot.devcluster.apiserver.get import existing
from dicot.devcluster.apiserver.options import delete_options
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.selectors import label_selector_matches
from dicot.devcluster.apiserver.status import ApiError, bad_request, failure, internal, method_not_allowed
from dicot.devcluster.apiserver.store import Record
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]
BUDGETS = ("policy", "poddisruptionbudgets")
_UNBUDGETED = ("Pending", "Succeeded", "Failed")


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
    if (record.body.get("status") or {}).get("phase") not in _UNBUDGETED:
        _spend_budget(call.api, record, dry_run=options.dry_run)
    delete(call.api, call.resource, record, call.user, options, call.warnings)
    return answer_json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _body(call: Call) -> Json:
    # Older clients send the beta version, which this subresource still takes.
    version = "v1beta1" if b"policy/v1beta1" in call.body else "v1"
    sent = msgspec.structs.replace(call, resource=Resource("policy", version, "evictions", "Eviction"))
    body, _ = read_object(sent)
    kinds.prune(sent.resource, body)
    name = (body.get("metadata") or {}).get("name")
    if name != call.target.name:
        raise bad_request("name in URL does not match name in Eviction object")
    return body


def _spend_budget(api: Api, pod: Record, *, dry_run: bool) -> None:
    labels = pod.body["metadata"].get("labels") or {}
    budgets = [
        record
        for record in api.store.scan(BUDGETS, f"{pod.body['metadata']['namespace']}/")
        if label_selector_matches((record.body.get("spec") or {}).get("selector") or {}, labels)
    ]
    if len(budgets) > 1:
        raise internal(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
    for budget in budgets:
        _spend(api, budget, dry_run=dry_run)


def _spend(api: Api, record: Record, *, dry_run: bool) -> None:
    name, status = record.body["metadata"]["name"], dict(record.body.get("status") or {})
    if status.get("observedGeneration", 0) < record.body["metadata"].get("generation", 0):
        raise _against(f"The disruption budget {name} is still being processed by the server.", 10)
    allowed = status.get("disruptionsAllowed", 0)
    if allowed <= 0:
        needed, have = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
        raise _against(f"The disruption budget {name} needs {needed} healthy pods and has {have} currently", 0)
    if not dry_run:
        status["disruptionsAllowed"] = allowed - 1
        api.store.put(record.bucket, record.key, {**record.body, "status": status})


def _against(why: str, retry_after_s: int) -> ApiError:
    details: Json = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    if retry_after_s:
        details["retryAfterSeconds"] = retry_after_s
    text = "Cannot evict pod as it would violate the pod's disruption budget."
    return ApiError(failure(429, text, details=details), headers)
