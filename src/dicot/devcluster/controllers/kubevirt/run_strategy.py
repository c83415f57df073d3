"""When a virtual machine is to run, by its run strategy, the requests in its status, and what its guest has done.

Pure. KubeVirt's syncRunStrategy, as the recordings of deletions, run strategies and errors show it.
"""

from datetime import datetime, timedelta

from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import annotations, deleting, moment, stamp, uid_of
from dicot.kube import Json

FINAL = ("Succeeded", "Failed")
BACKOFF_FIRST_S = 10
BACKOFF_MOST_S = 300


def strategy(vm: Json) -> str:
    """Name the run strategy, also of a machine that has the older `running`."""
    spec = vm["spec"]
    if "runStrategy" in spec:
        return spec["runStrategy"]
    return "Always" if spec.get("running") else "Halted"


def requests(vm: Json) -> list[Json]:
    """Read the start and stop requests that the subresources have left in the status."""
    return (vm.get("status") or {}).get("stateChangeRequests") or []


def final(vmi: Json | None) -> bool:
    """Say whether the guest has ended."""
    return vmi is not None and phase(vmi) in FINAL


def start_requested(vm: Json) -> bool:
    """Say whether the next request is to start."""
    pending = requests(vm)
    return bool(pending) and pending[0]["action"] == "Start"


def stop_requested(vm: Json, vmi: Json) -> bool:
    """Say whether the next request is to stop this very instance."""
    pending = requests(vm)
    return bool(pending) and pending[0]["action"] == "Stop" and pending[0].get("uid") == uid_of(vmi)


def wants_start(vm: Json) -> bool:
    """Say whether a machine without an instance shall get one."""
    chosen = strategy(vm)
    if chosen == "Always" or start_requested(vm):
        return chosen != "Halted"
    if chosen in ("RerunOnFailure", "Once"):
        return (vm.get("status") or {}).get("runStrategy") != chosen
    return False


def wants_stop(vm: Json, vmi: Json) -> bool:
    """Say whether the instance shall be deleted."""
    chosen = strategy(vm)
    if chosen == "Halted" or stop_requested(vm, vmi):
        return True
    if not final(vmi):
        return False
    return chosen in ("Always", "RerunOnFailure") or start_requested(vm)


def starts_again(vm: Json, vmi: Json) -> bool:
    """Say whether an ended instance of a RerunOnFailure machine is to be followed by a new one."""
    return strategy(vm) == "RerunOnFailure" and phase(vmi) == "Failed" and not deleting(vmi) and not requests(vm)


def remaining_requests(vm: Json, vmi: Json | None) -> list[Json]:
    """Leave out the requests that have been fulfilled."""
    pending = requests(vm)
    if pending and pending[0]["action"] == "Stop" and (vmi is None or pending[0].get("uid") != uid_of(vmi)):
        pending = pending[1:]
    if pending and pending[0]["action"] == "Start" and vmi is not None and not final(vmi) and not deleting(vmi):
        pending = pending[1:]
    return pending


def start_failure(vm: Json, vmi: Json | None, now: datetime) -> Json | None:
    """Count instances that failed before they ran; None once one runs, or the strategy does not try again."""
    known = (vm.get("status") or {}).get("startFailure")
    if strategy(vm) not in ("Always", "RerunOnFailure", "Once"):
        return None
    if vmi is None:
        return known
    if phase(vmi) == "Running":
        return None
    if any(one["phase"] == "Running" for one in vmi["status"].get("phaseTransitionTimestamps") or []):
        return known  # it has run before it failed: that is no failed start
    if phase(vmi) != "Failed" or deleting(vmi) or (known or {}).get("lastFailedVMIUID") == uid_of(vmi):
        return known
    count = (known or {}).get("consecutiveFailCount", 0) + 1
    wait_s = min(BACKOFF_FIRST_S * count * count, BACKOFF_MOST_S)
    return {
        "consecutiveFailCount": count,
        "lastFailedVMIUID": uid_of(vmi),
        "retryAfterTimestamp": stamp(now + timedelta(seconds=wait_s)),
    }


def retry_in_s(vm: Json, now: datetime) -> float:
    """Say how long a crash loop still holds back the next start, in seconds."""
    failure = (vm.get("status") or {}).get("startFailure")
    if failure is None:
        return 0.0
    return max(0.0, (moment(failure["retryAfterTimestamp"]) - now).total_seconds())


def generation_of(vmi: Json) -> int:
    """Say which generation of its machine the instance was made from."""
    return int(annotations(vmi).get("kubevirt.io/vm-generation", 1))
