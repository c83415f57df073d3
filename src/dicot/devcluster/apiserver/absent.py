"""What is deliberately not imitated: refused by name (501), or kept with a warning that nothing acts on it.

docs/devcluster.md lists the same with the reasons.
"""

from typing import Any

from dicot.devcluster.apiserver import rules
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import not_imitated

Json = dict[str, Any]

_NO_KUBELET = "there is no kubelet"
_NO_NETWORK = "no packet flows here"
SUBRESOURCES = {
    ("pods", "attach"): f"pods/attach: {_NO_KUBELET}",
    ("pods", "exec"): f"pods/exec: {_NO_KUBELET}",
    ("pods", "portforward"): f"pods/portforward: {_NO_KUBELET}",
    ("pods", "proxy"): f"pods/proxy: {_NO_NETWORK}",
    ("pods", "ephemeralcontainers"): f"pods/ephemeralcontainers: {_NO_KUBELET}",
    ("pods", "resize"): f"pods/resize: {_NO_KUBELET}",
    ("pods", "log"): f"pods/log: {_NO_KUBELET}",
    ("nodes", "proxy"): f"nodes/proxy: {_NO_KUBELET}",
    ("services", "proxy"): f"services/proxy: {_NO_NETWORK}",
    ("certificatesigningrequests", "approval"): "certificatesigningrequests/approval: nothing signs certificates",
}
_WEBHOOKS = "no webhook is called over HTTP; admission is registered in process"
_POLICIES = "policies in CEL are not evaluated"
_DEVICES = "devices are not allocated"
_UNCREATED = {
    "mutatingwebhookconfigurations": _WEBHOOKS,
    "validatingwebhookconfigurations": _WEBHOOKS,
    "mutatingadmissionpolicies": _POLICIES,
    "mutatingadmissionpolicybindings": _POLICIES,
    "validatingadmissionpolicies": _POLICIES,
    "validatingadmissionpolicybindings": _POLICIES,
    "apiservices": "aggregated APIs are registered in process",
    "certificatesigningrequests": "nothing signs certificates",
    "flowschemas": "requests have no priorities",
    "prioritylevelconfigurations": "requests have no priorities",
    "deviceclasses": _DEVICES,
    "resourceclaims": _DEVICES,
    "resourceclaimtemplates": _DEVICES,
    "resourceslices": _DEVICES,
}
_KEPT = {
    "cronjobs": "starts jobs for it",
    "daemonsets": "makes pods for it",
    "deployments": "makes replica sets for it",
    "horizontalpodautoscalers": "scales by it",
    "ingresses": "serves it",
    "jobs": "makes pods for it",
    "limitranges": "enforces it",
    "replicasets": "makes pods for it",
    "replicationcontrollers": "makes pods for it",
    "runtimeclasses": "runs containers by it",
    "statefulsets": "makes pods for it",
}


def refuse_subresource(resource: Resource, subresource: str) -> None:
    """Refuse (501) a subresource that is listed in discovery but not imitated."""
    why = None if resource.custom else SUBRESOURCES.get((resource.plural, subresource))
    if why:
        raise not_imitated(why)


def refuse_creation(resource: Resource, body: Json) -> None:
    """Refuse (501) an object that would be relied upon and have no effect."""
    if resource.custom:
        return
    why = _UNCREATED.get(resource.plural)
    if why:
        raise not_imitated(f"{resource.plural}: {why}")
    if resource.plural == "customresourcedefinitions":
        refuse_definition(body)


def refuse_definition(definition: Json) -> None:
    """Refuse (501) a definition whose versions a webhook converts, or with rules in words that are not known here."""
    spec = definition.get("spec") or {}
    strategy = (spec.get("conversion") or {}).get("strategy", "None")
    if strategy != "None":
        raise not_imitated(f"spec.conversion.strategy {strategy}: no webhook is called over HTTP")
    for _, rule in rules_of(definition):
        word = rules.unknown(rule.get("rule", ""))
        if word:
            raise not_imitated(f"{word} in {rules.RULES}: the evaluator of CEL does not have it")


def rules_of(definition: Json) -> list[tuple[str, Json]]:
    """Return the rules in CEL of a definition, each with its path."""
    found: list[tuple[str, Json]] = []
    for index, version in enumerate((definition.get("spec") or {}).get("versions") or ()):
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        found += rules.listed(schema, f"spec.versions[{index}].schema.openAPIV3Schema")
    return found


def warning(resource: Resource, body: Json) -> str:
    """Return what a writer should know of an object that is only kept; empty where something acts on it."""
    if resource.plural == "customresourcedefinitions" and not rules.available() and rules_of(body):
        return rules.MISSING
    effect = "" if resource.custom else _KEPT.get(resource.plural, "")
    return f"the development cluster keeps this {resource.kind}, but nothing {effect}" if effect else ""
