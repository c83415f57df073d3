"""KubeVirt and CDI: that they are there, what they can do, and whether their webhooks answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from dicot.config import Config
from dicot.doctor.finding import Finding, bad, ok, version, warn
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import CDI_CONFIGS, CDIS, KUBEVIRTS, VIRTUAL_MACHINE_CALLS, VIRTUAL_MACHINES, Kind

Json = dict[str, Any]

KUBEVIRT_OLDEST, CDI_OLDEST = (1, 9), (1, 66)
GATES = {
    "HotplugVolumes": "volumes cannot be attached to running servers",
    "ExpandDisks": "guests do not see that their volumes have grown",
    "Snapshot": "servers cannot be made into images",
    "VMExport": "images cannot be downloaded",
}
"""Feature gates of KubeVirt that Dicot makes use of, and what is amiss without; some releases need no gate for them."""
STORAGE_WAITS = "HonorWaitForFirstConsumer"


async def _installed(client: Client, kind: Kind) -> Json | None:
    try:
        found = (await client.list(kind))[0]
    except kube.NotFound:
        return None
    return found[0] if found else None


def _judged(name: str, told: str, phase: str, oldest: tuple[int, int]) -> Finding:
    if phase != "Deployed":
        return bad(
            f"{name} {told}: phase {phase or 'unknown'}", f"Wait for its operator, or ask it: kubectl get {name}."
        )
    if version(told) < oldest:
        return bad(f"{name} {told}", f"Dicot needs {oldest[0]}.{oldest[1]} or newer.")
    return ok(f"{name} {told}")


async def kubevirt(client: Client, _: Config) -> AsyncIterator[Finding]:
    """Look at the KubeVirt object: version, phase, feature gates."""
    found = await _installed(client, KUBEVIRTS)
    if found is None:
        yield bad("KubeVirt is not installed", "Install KubeVirt: https://kubevirt.io/user-guide")
        return
    status = found.get("status") or {}
    yield _judged("kubevirt", status.get("observedKubeVirtVersion", ""), status.get("phase", ""), KUBEVIRT_OLDEST)
    configuration = (found.get("spec") or {}).get("configuration") or {}
    gates = (configuration.get("developerConfiguration") or {}).get("featureGates") or ()
    for gate, without in GATES.items():
        if gate in gates:
            yield ok(f"feature gate {gate} of KubeVirt")
        else:
            advice = f"If this release has the gate, {without}: add it to spec.configuration.developerConfiguration."
            yield warn(f"feature gate {gate} of KubeVirt is not set", advice)


async def cdi(client: Client, _: Config) -> AsyncIterator[Finding]:
    """Look at the CDI object and its configuration."""
    found = await _installed(client, CDIS)
    if found is None:
        yield bad(
            "CDI is not installed", "Install CDI: https://kubevirt.io/user-guide/storage/containerized_data_importer"
        )
        return
    status = found.get("status") or {}
    yield _judged("cdi", status.get("observedVersion", ""), status.get("phase", ""), CDI_OLDEST)
    config = await client.get(CDI_CONFIGS, "config")
    if STORAGE_WAITS not in ((config.get("spec") or {}).get("featureGates") or ()):
        advice = "Volumes may be made where no server can reach them: add it to spec.config.featureGates of the CDI."
        yield warn(f"feature gate {STORAGE_WAITS} of CDI is not set", advice)
    if not (config.get("status") or {}).get("uploadProxyURL"):
        advice = "Images can be uploaded only where Dicot runs in the cluster; else set upload_proxy_url."
        yield warn("CDI's upload proxy has no address outside the cluster", advice)
    else:
        yield ok("CDI's upload proxy has an address")


async def webhooks(client: Client, config: Config) -> AsyncIterator[Finding]:
    """Let KubeVirt's webhooks judge a machine that is never made, and ask for its subresources."""
    domain: Json = {"devices": {}, "resources": {"requests": {"memory": "64Mi"}}}
    body: Json = {
        "apiVersion": VIRTUAL_MACHINES.api_version,
        "kind": VIRTUAL_MACHINES.kind,
        "metadata": {"generateName": "dicot-doctor-"},
        "spec": {
            "runStrategy": "Halted",
            "template": {"spec": {"domain": domain}},
        },
    }
    try:
        await client.create(VIRTUAL_MACHINES, body, config.image_namespace, dry_run=True)
        yield ok("KubeVirt's webhooks answer")
    except kube.NotFound:
        pass  # KubeVirt or the namespace is not there, which is told above
    except (kube.Forbidden, kube.Invalid) as error:
        yield warn(f"a machine was refused: {error.message}", "See whether a policy of the cluster refuses servers.")
    except kube.KubeError as error:
        yield bad(f"KubeVirt's webhooks: {error.message}", "See whether virt-api runs: kubectl -n kubevirt get pods.")
    group = f"/apis/{VIRTUAL_MACHINE_CALLS.group}/{VIRTUAL_MACHINE_CALLS.version}"
    try:
        await client.call("GET", group)
        yield ok("KubeVirt's subresources are served")
    except kube.KubeError as error:
        yield bad(
            f"KubeVirt's subresources: {error.message}", f"See kubectl get apiservice v1.{VIRTUAL_MACHINE_CALLS.group}."
        )
