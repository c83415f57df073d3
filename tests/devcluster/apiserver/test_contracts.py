"""The published CustomResourceDefinitions of what Dicot writes can be served as they are."""

import yaml

from tests.devcluster.apiserver.client import Kube
from tests.devcluster.apiserver.widget import CRDS
from tests.shared_material import shared


async def test_published_definitions_are_served(kube: Kube) -> None:
    found = [
        crd
        for name in ("kube-ovn-crds.yaml", "volumesnapshot-crds.yaml")
        for crd in yaml.safe_load_all(shared(f"contracts/{name}").read_text())
        if crd
    ]
    for crd in found:
        await kube.post(CRDS, crd)
    served = {group["name"] for group in (await kube.get("/apis"))["groups"]}
    assert {crd["spec"]["group"] for crd in found} <= served
    subnet = {
        "apiVersion": "kubeovn.io/v1",
        "kind": "Subnet",
        "metadata": {"name": "s"},
        "spec": {"cidrBlock": "10.0.0.0/24", "protocol": "IPv4"},
    }
    made = await kube.post("/apis/kubeovn.io/v1/subnets", subnet)
    assert made["spec"]["cidrBlock"] == "10.0.0.0/24"
    subnet = {**subnet, "metadata": {"name": "t"}, "spec": {"cidrBlock": 10}}
    refused = await kube.refused(422, "POST", "/apis/kubeovn.io/v1/subnets", subnet)
    assert refused["details"]["causes"][0]["field"] == "spec.cidrBlock"
