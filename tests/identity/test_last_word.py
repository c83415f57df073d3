"""Kubernetes has the last word: its audit log names the tenant, and what kubectl takes away is refused at once.

The same tests run on the development cluster and on a real kube-apiserver (`make test-kube`).
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dicot.devcluster.server import DICOT
from dicot.development import Development
from tests.audited import Heard, listening
from tests.cloud import Cloud, Project, wait_for
from tests.identity.people import role_id

Json = dict[str, Any]

VOLUMES = "/apis/cdi.kubevirt.io/v1beta1/datavolumes"
MADE = {
    "virtualmachines": "a server",
    "datavolumes": "a volume",
    "networks": "a network",
    "ports": "a port",
    "securitygroups": "a security group",
}
"""Kinds of what `everything` makes; subnets are the driver's own."""


def everything(cloud: Cloud, project: Project) -> None:
    """Make a volume, a network with a port, a security group and a server."""
    suffix = secrets.token_hex(4)
    flavor = cloud.admin.compute.get("/flavors").json()["flavors"][0]["id"]
    image = cloud.admin.image.get("/images?name=tiny&visibility=public").json()["images"][0]["id"]

    def made(client: httpx2.Client, path: str, key: str, **attributes: Any) -> Json:
        answer = client.post(path, json={key: {"name": f"{key}-{suffix}", **attributes}})
        assert answer.status_code in {200, 201, 202}, answer.text
        return answer.json()[key]

    made(project.volume_at("3.71"), "/volumes", "volume", size=1)
    network = made(project.network, "/networks", "network")["id"]
    made(project.network, "/subnets", "subnet", network_id=network, ip_version=4, cidr="10.77.0.0/24")
    port = made(project.network, "/ports", "port", network_id=network)["id"]
    made(project.network, "/security-groups", "security_group")
    made(
        project.compute_at("2.90"),
        "/servers",
        "server",
        flavorRef=flavor,
        imageRef=image,
        networks=[{"port": port}],
    )


def creators(heard: Heard, namespace: str) -> dict[str, set[str]]:
    """Return as whom each kind of object was made in a namespace, by those whom Dicot acts as."""
    found: dict[str, set[str]] = {}
    for one in heard:
        ref = one.get("objectRef") or {}
        if one["verb"] != "create" or ref.get("namespace") != namespace or "subresource" in ref:
            continue
        if one["user"]["username"] == DICOT and one["responseStatus"]["code"] < 300:
            who = one.get("impersonatedUser", {}).get("username", DICOT)
            found.setdefault(ref["resource"], set()).add(who)
    return found


def test_audit_events_name_the_tenant(cloud: Cloud, development: Development, project: Project):
    with listening(development) as heard:
        everything(cloud, project)
        made = creators(heard, project.namespace)
    assert {kind: made.get(kind) for kind in MADE} == {kind: {f"dicot:{project.user_id}"} for kind in MADE}


def kubectl(development: Development, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real kubectl as the cluster's administrator."""
    config = tmp_path / "admin"
    config.write_text(json.dumps(development.cluster.kubeconfig(https=True)))
    command = ["kubectl", "--kubeconfig", str(config), "--cache-dir", str(tmp_path / "cache"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def bindings_of(cloud: Cloud, project: Project) -> list[str]:
    """Return the RoleBindings that name the project's member."""
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{project.namespace}/rolebindings"
    subject = f"dicot:{project.user_id}"
    return [
        one["metadata"]["name"]
        for one in cloud.kube.get(path).json()["items"]
        if any(found["name"] == subject for found in one.get("subjects") or ())
    ]


def as_member(development: Development, project: Project) -> httpx2.Response:
    """Make a claim as Dicot would for the member, if Dicot did not look first."""
    cluster = development.cluster
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": f"claim-{secrets.token_hex(4)}"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    sent = [
        ("Authorization", f"Bearer {cluster.token(DICOT)}"),
        ("Impersonate-User", f"dicot:{project.user_id}"),
        ("Impersonate-Group", "system:authenticated"),
    ]
    url = f"{cluster.url}/api/v1/namespaces/{project.namespace}/persistentvolumeclaims"
    return httpx2.post(url, json=body, headers=sent, timeout=30)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_a_binding_that_kubectl_deletes_refuses_the_next_write(
    cloud: Cloud, development: Development, project: Project, tmp_path: Path
):
    volumes, body = project.volume_at("3.71"), {"volume": {"size": 1}}
    assert volumes.post("/volumes", json=body).status_code == 202
    assert as_member(development, project).status_code == 201
    before = len(project.objects(VOLUMES))
    (binding,) = bindings_of(cloud, project)
    done = kubectl(development, tmp_path, "delete", "rolebinding", binding, "-n", project.namespace)
    assert done.returncode == 0, done.stderr
    assert volumes.post("/volumes", json=body).status_code in {401, 403}
    refused = as_member(development, project)
    assert refused.status_code == 403, "Kubernetes itself refuses it"
    assert f'"dicot:{project.user_id}" cannot create resource' in refused.json()["message"]
    assert len(project.objects(VOLUMES)) == before


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_a_role_that_kubectl_lowers_refuses_the_next_write(
    cloud: Cloud, development: Development, project: Project, tmp_path: Path
):
    """The token goes on and reads; nothing but Kubernetes knows of the change."""
    volumes, body = project.volume_at("3.71"), {"volume": {"size": 1}}
    reader = f"--user=dicot:{project.user_id}"
    arguments = ("create", "rolebinding", "lowered", "--clusterrole=dicot:reader", reader, "-n", project.namespace)
    (binding,) = bindings_of(cloud, project)
    assert kubectl(development, tmp_path, *arguments).returncode == 0
    assert kubectl(development, tmp_path, "delete", "rolebinding", binding, "-n", project.namespace).returncode == 0
    assert volumes.post("/volumes", json=body).status_code == 403
    assert volumes.get("/volumes").status_code == 200
    assert as_member(development, project).status_code == 403
    member = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, 'member')}"
    assert cloud.admin.identity.put(member).status_code == 204
    # kube-apiserver hears of its own bindings by watching, a moment later
    wait_for(lambda: volumes.post("/volumes", json=body).status_code == 202, "the role to be back")


def test_the_doctor_finds_every_right_and_nothing_wrong(cloud: Cloud, development: Development, tmp_path: Path):
    """`dicot doctor` as a command, with an administrator's kubeconfig: Dicot's rights are asked of RBAC one by one."""
    (tmp_path / "kubeconfig").write_text(json.dumps(development.cluster.kubeconfig()))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "kubeconfig")}
    command = [sys.executable, "-m", "dicot.cli", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=180, check=False)
    lines = done.stdout.splitlines()
    told = cloud.kube.get("/version").json()["gitVersion"]
    # A kube-apiserver built by hand may tell `GET /version` nothing: the doctor must say so, and nothing else.
    unknown = [f"FAIL  Kubernetes {told}"] if told.startswith("v0.0.0") else []
    assert [one for one in lines if one.startswith("FAIL")] == unknown, done.stdout + done.stderr
    assert done.returncode == len(unknown)
    assert [one for one in lines if "system:serviceaccount:dicot-system:dicot has all of its" in one], done.stdout
