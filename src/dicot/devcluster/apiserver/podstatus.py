"""The row that `kubectl get pods` shows: how containers' states become one word. Pure.

Follows printPod of pkg/printers/internalversion/printers.go.
"""

from typing import Any

from dicot.devcluster.apiserver.durations import age as spelled
from dicot.devcluster.apiserver.durations import seconds

Json = dict[str, Any]
_NONE = "<none>"


def pod_cells(pod: Json, age: str, now: float) -> list[Any]:
    """Fill a pod's row."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    sidecars = {c["name"] for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"}
    total = len(spec.get("containers") or ()) + len(sidecars)
    states: list[Json] = status.get("containerStatuses") or []
    helpers = [c for c in status.get("initContainerStatuses") or () if c["name"] in sidecars]
    ready = sum(bool(c.get("ready")) for c in [*states, *helpers])
    addresses = status.get("podIPs") or ()
    gates: list[Json] = spec.get("readinessGates") or []
    met = {c["type"] for c in status.get("conditions") or () if c["status"] == "True"}
    return [
        pod["metadata"]["name"],
        f"{ready}/{total}",
        word(pod),
        _restarts([*states, *helpers], now),
        age,
        addresses[0]["ip"] if addresses else status.get("podIP") or _NONE,
        spec.get("nodeName") or _NONE,
        status.get("nominatedNodeName") or _NONE,
        f"{sum(g['conditionType'] in met for g in gates)}/{len(gates)}" if gates else _NONE,
    ]


def _restarts(states: list[Json], now: float) -> str:
    count = sum(c.get("restartCount", 0) for c in states)
    ends = [((c.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for c in states]
    times = [seconds(end) for end in ends if end]
    if not count or not times:
        return str(count)
    return f"{count} ({spelled(now - max(times))} ago)"


def word(pod: Json) -> str:
    """Return the one word for a pod's state."""
    status, meta = pod.get("status") or {}, pod["metadata"]
    phase = status.get("phase", "")
    text = _initial(pod) or _running(status, status.get("reason") or _gated(status) or phase)
    if meta.get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            return "Unknown"
        if phase not in ("Succeeded", "Failed"):
            return "Terminating"
    return text


def _gated(status: Json) -> str:
    found = (c.get("reason", "") for c in status.get("conditions") or () if c["type"] == "PodScheduled")
    return "SchedulingGated" if "SchedulingGated" in found else ""


def _initial(pod: Json) -> str:
    """Return the word while initial containers are not done; empty where they are."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    listed: list[Json] = spec.get("initContainers") or []
    sidecars = {c["name"] for c in listed if c.get("restartPolicy") == "Always"}
    for index, container in enumerate(status.get("initContainerStatuses") or ()):
        state = container.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended is not None and not ended.get("exitCode"):
            continue
        if container["name"] in sidecars and container.get("started"):
            continue
        if ended is not None:
            return f"Init:{_end(ended)}"
        if waiting is not None and waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}"
        return f"Init:{index}/{len(listed)}"
    return ""


def _end(ended: Json) -> str:
    if ended.get("reason"):
        return ended["reason"]
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _running(status: Json, text: str) -> str:
    runs = False
    for container in reversed(status.get("containerStatuses") or []):
        state = container.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            text = state["waiting"]["reason"]
        elif "terminated" in state:
            text = _end(state["terminated"] or {})
        elif container.get("ready") and "running" in state:
            runs = True
    if text == "Completed" and runs:
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
        return "Running" if ready else "NotReady"
    return text
