"""Every recorded exchange with a real kube-apiserver, sent to the development cluster: status and body must be equal.

What is not imitated is listed by name below, each with its reason. The counts are printed. On the real kube-apiserver
of `make test-kube`, which is older than the recorded one, the list is that of old_kube.py.
"""

import json
from collections import Counter
from typing import Any

import pytest

from dicot.devcluster.server import DevCluster
from tests.clusters import ON_KUBE
from tests.devcluster.apiserver import old_kube
from tests.devcluster.apiserver.client import APPLY, Kube
from tests.devcluster.apiserver.old_kube import BY_CHANCE
from tests.devcluster.apiserver.replay import Replay, normal, shown
from tests.devcluster.apiserver.widget import PATH, widget
from tests.real_kube.cluster import KubeCluster
from tests.shared_material import shared

Json = dict[str, Any]
G2 = "/apis/example.com/v1/namespaces/g2/widgets"

CHECKS = "health checks are those that have a counterpart here"
OPENAPI = "descriptions and operations that kubectl does not read are left out; of the body only the start is recorded"
PROTOBUF = "protobuf is not spoken; the refusal itself is JSON"
NAMED = "the real server was started with other users, extras or addresses"
WORDING = "the wording of Go's decoder, which depends on its buffers"
DESCRIPTIONS = "columns of built-in kinds have no descriptions, and no kubelet runs the recorded pod"
DECODER = "the whole object is quoted in the message"

NOT_IMITATED: dict[str, dict[str, str]] = {
    "crud": {
        "wrong apiVersion": "the real server warns of fields that the other version would not have",
        "PUT with junk resourceVersion": "the recording shows another body than the one that was sent",
    },
    "discovery": {
        "/": CHECKS,
        "/api": NAMED,
        "/version": NAMED,
        "/readyz?verbose": CHECKS,
        "/openapi/v2?": OPENAPI,
        "/openapi/v3/apis/example.com/v1": OPENAPI,
        "protobuf not for CRs": PROTOBUF,
    },
    "list": {
        "junk continue": WORDING,
        "Table of pods": DESCRIPTIONS,
    },
    "watch": {},
    "patch": {
        "merge patch unknown field Strict": DECODER,
    },
    "finalizers-gc": {},
    "auth": {
        "anonymous /version": NAMED,
        "SelfSubjectRulesReview alice": "the real server binds one more role, for OpenID discovery",
    },
    "namespaces": {},
    "expired": {},
}


async def _prepare(kube: Kube, name: str) -> None:
    if name == "list":
        colours = ("red", "green", "blue")
        for i in range(7):
            body = widget(f"l{i}", i, labels={"i": str(i), "par": "even" if i % 2 == 0 else "odd", "k": "v"})
            body["spec"]["color"] = colours[i % 3]
            await kube.post(PATH, body)
        for i in range(2):
            await kube.post(G2, widget(f"m{i}", i, labels={"par": "even"}))
    if name == "watch":
        await _prepare(kube, "list")
        await kube.post(PATH, widget("l3a"))
        await kube.delete(f"{PATH}/l4")
    if name == "patch":
        body = widget("p", 1, labels={"a": "1", "b": "2"})
        parts = [{"name": "a", "n": 1}, {"name": "b", "n": 2}]
        body["spec"] |= {"tags": ["x", "y"], "parts": parts, "free": {"k": [1, 2, 3]}}
        await kube.post(PATH, body)
    if name == "auth":
        await kube.post("/api/v1/namespaces/g1/serviceaccounts", {"metadata": {"name": "robot"}})
        for i in range(8):
            await kube.post(PATH, widget(f"x{i}"))
        for size in (7, 8, 9):
            applied = widget("applied", size)
            applied["spec"]["parts"] = [{"name": "a", "n": 7}]
            await kube.ok("PATCH", f"{PATH}/applied?fieldManager=you", applied, content_type=APPLY)
        await kube.post(PATH, widget("y"))
    if name == "namespaces":
        await kube.post(G2, widget("m0"))
        await kube.post(G2, widget("m1"))


async def _before(kube: Kube, cluster: DevCluster | KubeCluster, file: str, label: str, replay: Replay) -> None:
    """Do what the recorder did between two recorded exchanges."""
    if label.startswith("continue: the consistent snapshot"):
        await kube.post(PATH, widget("l3a"))
        await kube.delete(f"{PATH}/l4")
    if label == "delete owner, foreground":
        await kube.merge(f"{PATH}/bchild", {"metadata": {"finalizers": ["example.com/slow"]}})
    if label == "owner gone":
        await kube.merge(f"{PATH}/bchild", {"metadata": {"finalizers": None}})
        await kube.gone(f"{PATH}/owner")
    if label == "delete owner, Orphan":
        owner = await kube.post(PATH, widget("owner2"))
        reference = {
            "apiVersion": "example.com/v1",
            "kind": "Widget",
            "name": "owner2",
            "uid": owner["metadata"]["uid"],
        }
        await kube.post(PATH, widget("orph", ownerReferences=[reference]))
    if file == "watch":
        await _happen(kube, label, replay)
    if label == "SSAR alice after RoleBinding admin in g1":
        await kube.post(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/g1/rolebindings",
            {
                "metadata": {"name": "alice-view"},
                "roleRef": {"kind": "ClusterRole", "name": "admin", "apiGroup": "rbac.authorization.k8s.io"},
                "subjects": [{"kind": "User", "name": "alice"}],
            },
        )
    if label == "TokenReview ok":
        replay.known["rkalicetoken"] = replay.tokens["Bearer <rkalicetoken>"]
    if label == "whoami with the sa token":
        token = await kube.post(
            "/api/v1/namespaces/g1/serviceaccounts/robot/token", {"spec": {"expirationSeconds": 600}}
        )
        replay.tokens["sa robot"] = token["status"]["token"]
    if file == "namespaces" and label == "delete: returns Terminating":
        await kube.post("/apis/example.com/v1/namespaces/life/widgets", widget("held", finalizers=["example.com/h"]))
    if label == "gone" and file == "namespaces":
        await kube.merge("/apis/example.com/v1/namespaces/life/widgets/held", {"metadata": {"finalizers": None}})
        await kube.gone("/api/v1/namespaces/life")
    if label == "orphan keeps, ownerReferences removed":
        await kube.holds(f"{PATH}/orph", lambda one: "ownerReferences" not in one["metadata"])
    if label == "quota status":
        await kube.holds("/api/v1/namespaces/g2/resourcequotas/q", _counts_widgets)
    if label == "exceeded quota on CR count":
        await kube.post(G2, widget("q1"))
    if file == "expired" and label.startswith("continue"):
        for name in ("em", "fm", "gm"):
            await kube.post(PATH, widget(name))
        listed = await kube.get(f"{PATH}?limit=2")
        replay.known["eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NjUyLCJzdGFydCI6Ii9mbVx1MDAwMCJ9"] = listed["metadata"][
            "continue"
        ]
        replay.known["652"] = listed["metadata"]["resourceVersion"]
        await kube.post(PATH, widget("hm"))
        cluster.faults.expire()


def _counts_widgets(quota: Json) -> bool:
    return "count/widgets.example.com" in quota.get("status", {}).get("used", {})


async def _happen(kube: Kube, label: str, replay: Replay) -> None:
    """Do what the recorder did while a watch was open; the watch then begins at the revision before it."""

    async def now() -> str:
        return (await kube.get(f"{PATH}?limit=1"))["metadata"]["resourceVersion"]

    if label.startswith("watch from rv:"):
        replay.known["574"] = await now()
        await kube.post(PATH, widget("w1", labels={"x": "1"}))
        await kube.merge(f"{PATH}/w1", {"spec": {"size": 5}})
        await kube.merge(f"{PATH}/w1", {"spec": {"size": 5}})
        await kube.merge(f"{PATH}/w1", {"metadata": {"labels": {"x": "2"}}})
        await kube.delete(f"{PATH}/w1")
    if label.startswith("watch with labelSelector"):
        replay.known["579"] = await now()
        await kube.post(PATH, widget("w2", labels={"x": "1"}))
        await kube.post(PATH, widget("w2b", labels={"x": "2"}))
        await kube.merge(f"{PATH}/w2", {"spec": {"size": 4}})
        await kube.merge(f"{PATH}/w2", {"metadata": {"labels": {"x": "2"}}})
        await kube.delete(f"{PATH}/w2")
        await kube.delete(f"{PATH}/w2b")
    if label.startswith("watch one object"):
        replay.known["586"] = await now()
        await kube.post(PATH, widget("w3"))
        await kube.post(PATH, widget("w4"))
        await kube.delete(f"{PATH}/w3")
        await kube.delete(f"{PATH}/w4")
    if label.startswith("watch object with finalizer"):
        replay.known["590"] = await now()
        await kube.post(PATH, widget("w5", finalizers=["example.com/h"]))
        await kube.delete(f"{PATH}/w5")
        await kube.merge(f"{PATH}/w5", {"metadata": {"finalizers": None}})


@pytest.mark.parametrize("file", list(NOT_IMITATED))
async def test_the_recorded_exchanges(cluster: DevCluster | KubeCluster, kube: Kube, file: str) -> None:
    recording = json.loads(shared(f"recordings/kubernetes/generic-{file}.json").read_text())
    alice = cluster.add_user("alice", ["devs"])
    replay = Replay(
        kube, {"admin": kube.token, "none": "", "Bearer <nosuch>": "nosuch", "Bearer <rkalicetoken>": alice}
    )
    await _prepare(kube, file)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    listed = old_kube.DIFFERENT[file] if ON_KUBE else NOT_IMITATED[file]
    for item in recording["items"]:
        label = item["label"]
        if "request" not in item:
            continue
        await _before(kube, cluster, file, label, replay)
        status, body, headers = await replay.exchange(item["request"], item["response"])
        expected = item["response"]
        told = expected["headers"].get("Warning")
        equal = (
            status == expected["status"]
            and "bodyHead" not in expected
            and normal(body) == normal(expected.get("body"))
            and (told is None or headers.get("warning") == told)
        )
        if label in listed:
            counts["listed"] += 1
            if equal and listed[label] not in BY_CHANCE:
                wrong.append(f"{label}: listed as {listed[label]}, but equal")
            continue
        counts["equal" if equal else "different"] += 1
        if not equal:
            wrong.append(f"{label}\n  want {expected['status']} {told or ''} {shown(normal(expected.get('body')))}\n"
                         f"  got  {status} {headers.get('warning', '')} {shown(normal(body))}")  # fmt: skip
    print(f"{file}: {sum(counts.values())} exchanges, {dict(counts)}")
    assert not wrong, "\n".join([f"{len(wrong)} differ", *wrong])
