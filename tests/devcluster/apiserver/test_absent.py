"""Every row of "What is not imitated" in docs/devcluster.md: the answer that the table gives."""

from typing import Any

import pytest

from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.test_kinds import PODS, pod
from tests.devcluster.apiserver.widget import CRDS, PATH, WIDGET, widget

Json = dict[str, Any]
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
WEBHOOKS = "the development cluster does not imitate {}: no webhook is called over HTTP"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (f"{ADMISSION}/mutatingwebhookconfigurations", WEBHOOKS.format("mutatingwebhookconfigurations")),
        (f"{ADMISSION}/validatingwebhookconfigurations", WEBHOOKS.format("validatingwebhookconfigurations")),
        (f"{ADMISSION}/validatingadmissionpolicies", "imitate validatingadmissionpolicies: policies in CEL"),
        (f"{ADMISSION}/validatingadmissionpolicybindings", "imitate validatingadmissionpolicybindings"),
        (f"{ADMISSION}/mutatingadmissionpolicies", "imitate mutatingadmissionpolicies: policies in CEL"),
        (f"{ADMISSION}/mutatingadmissionpolicybindings", "imitate mutatingadmissionpolicybindings"),
        ("/apis/apiregistration.k8s.io/v1/apiservices", "apiservices: aggregated APIs are registered in process"),
        ("/apis/certificates.k8s.io/v1/certificatesigningrequests", "nothing signs certificates"),
        ("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", "flowschemas: requests have no priorities"),
        ("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations", "requests have no priorities"),
        ("/apis/resource.k8s.io/v1/deviceclasses", "deviceclasses: devices are not allocated"),
        ("/apis/resource.k8s.io/v1/resourceslices", "resourceslices: devices are not allocated"),
        ("/apis/resource.k8s.io/v1/namespaces/g1/resourceclaims", "resourceclaims: devices are not allocated"),
        ("/apis/resource.k8s.io/v1/namespaces/g1/resourceclaimtemplates", "devices are not allocated"),
    ],
)
async def test_objects_that_would_have_no_effect_are_refused_by_name(kube: Kube, path: str, sentence: str) -> None:
    assert (await kube.get(path))["items"] == []
    refused = await kube.refused(501, "POST", path, {"metadata": {"name": "x"}})
    assert refused["reason"] == "NotImplemented"
    assert sentence in refused["message"]


@pytest.mark.parametrize(
    ("method", "path", "why"),
    [
        ("POST", f"{PODS}/p/exec?command=ls", "pods/exec: there is no kubelet"),
        ("GET", f"{PODS}/p/attach", "pods/attach: there is no kubelet"),
        ("POST", f"{PODS}/p/portforward", "pods/portforward: there is no kubelet"),
        ("GET", f"{PODS}/p/proxy/index.html", "pods/proxy: no packet flows here"),
        ("GET", f"{PODS}/p/log", "pods/log: there is no kubelet"),
        ("PATCH", f"{PODS}/p/ephemeralcontainers", "pods/ephemeralcontainers: there is no kubelet"),
        ("PATCH", f"{PODS}/p/resize", "pods/resize: there is no kubelet"),
        ("GET", "/api/v1/nodes/n/proxy/metrics", "nodes/proxy: there is no kubelet"),
        ("GET", "/api/v1/namespaces/g1/services/s/proxy", "services/proxy: no packet flows here"),
        ("GET", "/metrics", "/metrics: nothing here is measured"),
        ("GET", "/.well-known/openid-configuration", "OpenID discovery"),
        ("GET", "/openid/v1/jwks", "OpenID discovery"),
        ("GET", "/flagz", "/flagz"),
        ("GET", "/statusz", "/statusz"),
        ("GET", "/logs", "/logs"),
        ("GET", "/debug/pprof", "/debug"),
    ],
)
async def test_calls_that_need_what_is_not_there_are_refused_by_name(
    kube: Kube, method: str, path: str, why: str
) -> None:
    await kube.post(PODS, pod())
    refused = await kube.refused(501, method, path)
    assert refused["message"].startswith("the development cluster does not imitate ")
    assert why in refused["message"]


async def test_a_refused_call_is_first_authorised(cluster: DevCluster, kube: Kube) -> None:
    bob = kube.acting(cluster.add_user("bob"))
    await bob.refused(403, "POST", f"{PODS}/p/exec")
    await bob.refused(403, "GET", "/metrics")


async def test_conversion_by_webhook_is_refused(kube: Kube) -> None:
    webhook = {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"]}}
    spec = {**WIDGET["spec"], "group": "other.com", "conversion": webhook}
    body = {**WIDGET, "metadata": {"name": "widgets.other.com"}, "spec": spec}
    refused = await kube.refused(501, "POST", CRDS, body)
    assert "spec.conversion.strategy Webhook" in refused["message"]
    patch = {"spec": {"conversion": webhook}}
    await kube.refused(501, "PATCH", f"{CRDS}/widgets.example.com", patch, content_type="application/merge-patch+json")


@pytest.mark.parametrize(
    ("path", "body", "warning"),
    [
        (
            "/apis/apps/v1/namespaces/g1/deployments",
            {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {"containers": []}}}},
            "the development cluster keeps this Deployment, but nothing makes replica sets for it",
        ),
        ("/apis/batch/v1/namespaces/g1/jobs", {"spec": {"template": {}}}, "keeps this Job, but nothing makes pods"),
        ("/api/v1/namespaces/g1/limitranges", {"spec": {"limits": []}}, "keeps this LimitRange, but nothing enforces"),
        ("/apis/networking.k8s.io/v1/namespaces/g1/ingresses", {"spec": {}}, "keeps this Ingress, but nothing serves"),
    ],
)
async def test_kinds_that_are_only_kept_say_so(kube: Kube, path: str, body: Json, warning: str) -> None:
    answer = await kube.send("POST", path, {"metadata": {"name": "x"}, **body})
    assert answer.status_code == 201, answer.text
    assert warning in answer.headers["warning"]
    assert (await kube.get(f"{path}/x"))["metadata"]["name"] == "x"


async def test_protobuf_is_refused_where_it_is_not_spoken(kube: Kube) -> None:
    protobuf = "application/vnd.kubernetes.protobuf"
    await kube.refused(406, "GET", PATH, accept=protobuf)
    body = b"k8s\x00" + b"\n\x0e\n\x02v1\x12\x08Endpoint"
    refused = await kube.refused(501, "POST", "/api/v1/namespaces/g1/endpoints", body, content_type=protobuf)
    assert "protobuf for this body" in refused["message"]


async def test_credentials_of_other_kinds_are_nobody_s(kube: Kube) -> None:
    await kube.refused(401, "GET", PATH, authorization="Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
    await kube.refused(403, "GET", PATH, authorization="Basic YWRtaW46YWRtaW4=")


async def test_pods_are_deleted_at_once(kube: Kube) -> None:
    await kube.post(PODS, pod())
    left = await kube.ok("DELETE", f"{PODS}/p?gracePeriodSeconds=30")
    assert left["kind"] == "Pod"
    await kube.refused(404, "GET", f"{PODS}/p")


async def test_requests_have_no_priority_headers(kube: Kube) -> None:
    answer = await kube.send("POST", PATH, widget("a"))
    assert not [name for name in answer.headers if name.startswith("x-kubernetes-pf")]


async def test_vendored_columns_have_no_descriptions(kube: Kube) -> None:
    table = await kube.ok("GET", PODS, accept="application/json;as=Table;g=meta.k8s.io;v=v1")
    assert {column["description"] for column in table["columnDefinitions"][1:]} == {""}
