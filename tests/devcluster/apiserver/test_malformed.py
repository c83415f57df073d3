"""Whatever is sent, the answer is a Status and never a crash."""

import json
from typing import Any

import pytest

from tests.devcluster.apiserver.client import JSON_PATCH, MERGE, Kube
from tests.devcluster.apiserver.widget import CRDS, PATH

Json = dict[str, Any]
SECRETS = "/api/v1/namespaces/g1/secrets"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEW = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

BODIES: list[tuple[str, Any]] = [
    ("/api/v1/nodes", {"metadata": "x"}),
    ("/api/v1/nodes", {"metadata": {"name": "n", "labels": []}}),
    ("/api/v1/nodes", {"metadata": {"name": "n", "finalizers": [1]}}),
    ("/api/v1/nodes", {"metadata": {"name": "n", "ownerReferences": ["x"]}}),
    ("/api/v1/nodes", {"metadata": {"name": 5}}),
    ("/api/v1/nodes", {"metadata": {"name": "n"}, "spec": []}),
    (SECRETS, {"metadata": {"name": "s"}, "data": {"a": 5}}),
    (SECRETS, {"metadata": {"name": "s"}, "data": 5}),
    ("/api/v1/namespaces/g1/persistentvolumeclaims", {"metadata": {"name": "p"}, "spec": 5}),
    ("/api/v1/namespaces/g1/pods", {"metadata": {"name": "p"}, "spec": {"containers": "x"}}),
    ("/api/v1/namespaces/g1/resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": []}}),
    (f"{RBAC}/clusterroles", {"metadata": {"name": "r"}, "rules": [{"verbs": "get"}]}),
    (f"{RBAC}/clusterrolebindings", {"metadata": {"name": "b"}, "subjects": [{"kind": "User"}]}),
    (CRDS, {"metadata": {"name": "x"}, "spec": {}}),
    (CRDS, {"metadata": {"name": "x"}}),
    (CRDS, {"metadata": {"name": "x"}, "spec": {"versions": [{}], "names": {}}}),
    (REVIEW, {"spec": 5}),
    (REVIEW, {"spec": {"user": ["x"]}}),
    (REVIEW, {}),
    ("/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": 1}}),
    ("/api/v1/namespaces/g1/serviceaccounts/default/token", {"spec": {"expirationSeconds": "x"}}),
    (PATH, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": []}),
    (PATH, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": [], "spec": {"size": 1}}),
    (PATH, {"apiVersion": 1, "kind": 2}),
    (PATH, 5),
    (PATH, None),
]


@pytest.mark.parametrize(("path", "body"), BODIES, ids=range(len(BODIES)))
async def test_malformed_objects_are_refused(kube: Kube, path: str, body: Any) -> None:
    answer = await kube.send("POST", path, json.dumps(body).encode())
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["kind"] == "Status"


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        (MERGE, {"metadata": None}),
        (MERGE, {"metadata": {"labels": 5}}),
        (MERGE, {"spec": 5}),
        (MERGE, {"kind": None}),
        (JSON_PATCH, [{"op": "remove", "path": "/metadata"}]),
        (JSON_PATCH, [{"op": "replace", "path": "", "value": 5}]),
        (JSON_PATCH, [{"op": "add", "path": "x", "value": 5}]),
        (JSON_PATCH, [{"op": "move", "path": "/spec"}]),
        (JSON_PATCH, [5]),
        (JSON_PATCH, [{}]),
    ],
)
async def test_malformed_patches_are_refused(kube: Kube, kind: str, patch: Any) -> None:
    await kube.post(SECRETS, {"metadata": {"name": "s"}, "data": {"a": "YQ=="}})
    before = await kube.get(f"{SECRETS}/s")
    answer = await kube.send("PATCH", f"{SECRETS}/s", patch, content_type=kind)
    if answer.status_code != 200:
        assert answer.status_code in (400, 422), answer.text
        assert await kube.get(f"{SECRETS}/s") == before


@pytest.mark.parametrize("body", [[], 5, "x"])
async def test_a_deletion_needs_options_that_are_an_object(kube: Kube, body: Any) -> None:
    await kube.refused(400, "DELETE", f"{SECRETS}/s", body)
