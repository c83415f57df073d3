"""Rules in CEL of custom resources, beyond the one that the recordings show."""

import copy
from typing import Any

import pytest

from tests.devcluster.apiserver.client import MERGE, Kube
from tests.devcluster.apiserver.widget import CRDS, WIDGET

Json = dict[str, Any]
GADGETS = "/apis/rules.com/v1/namespaces/g1/gadgets"


def definition(*rules: Json, at: str = "") -> Json:
    made = copy.deepcopy(WIDGET)
    made["metadata"]["name"] = "gadgets.rules.com"
    made["spec"] |= {"group": "rules.com", "names": {"plural": "gadgets", "kind": "Gadget"}}
    part = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
        "required": ["name"],
    }
    parts = {"type": "array", "items": part, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    spec: Json = {"type": "object", "properties": {"namespace": {"type": "string"}, "parts": parts}}
    {"": spec, "namespace": spec["properties"]["namespace"], "part": part}[at]["x-kubernetes-validations"] = list(rules)
    version = {"name": "v1", "served": True, "storage": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    made["spec"]["versions"] = [{**version, "schema": schema}]
    return made


def gadget(name: str = "g", **spec: Any) -> Json:
    return {"apiVersion": "rules.com/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": spec}


async def test_a_broken_rule_is_told_with_its_message(kube: Kube) -> None:
    rule = {"rule": "!has(self.__namespace__) || self.__namespace__ != 'kube-system'", "message": "not there"}
    computed = {"rule": "!has(self.parts) || self.parts.size() < 2",
                "messageExpression": "'too many: ' + string(self.parts.size())"}  # fmt: skip
    await kube.post(CRDS, definition(rule, computed))
    await kube.post(GADGETS, gadget(namespace="ok"))
    refused = await kube.refused(422, "POST", GADGETS, gadget("h", namespace="kube-system"))
    assert refused["message"] == 'Gadget.rules.com "h" is invalid: spec: Invalid value: not there'
    refused = await kube.refused(422, "POST", GADGETS, gadget("h", parts=[{"name": "a"}, {"name": "b"}]))
    assert refused["details"]["causes"][0]["message"] == "Invalid value: too many: 2"


async def test_a_rule_about_the_past_holds_on_updates_only(kube: Kube) -> None:
    await kube.post(CRDS, definition({"rule": "self == oldSelf", "reason": "FieldValueForbidden"}, at="namespace"))
    await kube.post(GADGETS, gadget(namespace="a"))
    path = f"{GADGETS}/g"
    await kube.merge(path, {"metadata": {"labels": {"x": "y"}}})
    refused = await kube.refused(422, "PATCH", path, {"spec": {"namespace": "b"}}, content_type=MERGE)
    cause = {"reason": "FieldValueForbidden", "message": "Forbidden: failed rule: self == oldSelf"}
    assert refused["details"]["causes"] == [{**cause, "field": "spec.namespace"}]
    await kube.merge(path, {"spec": {"namespace": None}})


async def test_items_of_a_keyed_list_have_a_past(kube: Kube) -> None:
    await kube.post(CRDS, definition({"rule": "self.n >= oldSelf.n", "message": "never less"}, at="part"))
    await kube.post(GADGETS, gadget(parts=[{"name": "a", "n": 2}, {"name": "b", "n": 5}]))
    path = f"{GADGETS}/g"
    await kube.merge(path, {"spec": {"parts": [{"name": "b", "n": 5}, {"name": "a", "n": 3}, {"name": "c", "n": 0}]}})
    less = {"spec": {"parts": [{"name": "a", "n": 1}]}}
    refused = await kube.refused(422, "PATCH", path, less, content_type=MERGE)
    assert refused["details"]["causes"][0]["field"] == "spec.parts[0]"


@pytest.mark.parametrize(
    ("rule", "code", "sentence"),
    [
        ("self.a b", 422, "compilation failed"),
        ("isURL(self.a)", 501, "does not imitate isURL in x-kubernetes-validations"),
        ("self.a[?0].hasValue()", 501, "does not imitate [? in x-kubernetes-validations"),
    ],
)
async def test_rules_that_cannot_be_judged_are_refused_with_the_definition(
    kube: Kube, rule: str, code: int, sentence: str
) -> None:
    refused = await kube.refused(code, "POST", CRDS, definition({"rule": rule}))
    assert sentence in refused["message"]


async def test_a_missing_key_breaks_a_rule(kube: Kube) -> None:
    await kube.post(CRDS, definition({"rule": "self.parts.size() > 0", "message": "parts"}))
    refused = await kube.refused(422, "POST", GADGETS, gadget())
    assert "no such key: parts evaluating rule: parts" in refused["message"]
