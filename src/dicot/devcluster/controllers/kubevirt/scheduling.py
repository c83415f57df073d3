"""Which node a pod goes to, and why none will do: kube-scheduler's filters in their order, its words, its preferences.

Pure. Room is counted in sum over the pods of a node; who is placed at the same time is placed one after another
(Stage.alone), so that each sees the others.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import labels, name_of, namespace_of, quantity, uid_of
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import NAMESPACES, NODES, PERSISTENT_VOLUME_CLAIMS, PODS, STORAGE_CLASSES

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
PLACED_APART = "apart"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims. not found"
NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"
UNSCHEDULABLE_TAINT = "node.kubernetes.io/unschedulable"
COUNTED = ("cpu", "memory")


class Refusal(msgspec.Struct, frozen=True):
    """Why a node will not do; `final` if no other pod's going would help."""

    reasons: tuple[str, ...]
    final: bool = True


def node_entry(name: str) -> str:
    """Name the entry under which the pods of a node are summed up."""
    return f"on/{name}"


def weigh(pod: Json) -> tuple[str, dict[str, int]] | None:
    """Say what a pod takes of its node: the node's entry, and thousandths of each resource; None if it is on none."""
    node = pod["spec"].get("nodeName")
    if not node or phase(pod) in ("Succeeded", "Failed"):
        return None
    return node_entry(node), {**requests(pod), "pods": 1000}


def requests(pod: Json) -> dict[str, int]:
    """Sum up what the pod's containers ask for, in thousandths."""
    total: Counter[str] = Counter()
    for container in pod["spec"].get("containers") or []:
        asked = (container.get("resources") or {}).get("requests") or {}
        for resource in COUNTED:
            if resource in asked:
                total[resource] += _thousandths(asked[resource])
    return dict(total)


def _thousandths(text: object) -> int:
    return round(quantity(text) * 1000)


def claims_of(pod: Json, world: World) -> list[Json]:
    """Find the claims that the pod mounts, those that exist."""
    sources = (volume.get("persistentVolumeClaim") for volume in pod["spec"].get("volumes") or [])
    names = [source["claimName"] for source in sources if source is not None]
    found = (world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace_of(pod)) for name in names)
    return [one for one in found if one is not None]


def waits_for_consumer(claim: Json, world: World) -> bool:
    """Say whether the claim's class binds only when a pod needs it."""
    storage_class = world.get(STORAGE_CLASSES, claim["spec"].get("storageClassName") or "")
    return storage_class is not None and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"


def placement(pod: Json, world: World) -> tuple[Json | None, str]:
    """Choose the best node; or say why none will do, as kube-scheduler words it."""
    nodes = sorted(world.all(NODES), key=name_of)
    available = f"0/{len(nodes)} nodes are available"
    if any(phase(one) != "Bound" and not waits_for_consumer(one, world) for one in claims_of(pod, world)):
        return None, f"{available}: {UNBOUND}"
    judged = [(node, _refusal(pod, node, world)) for node in nodes]
    fitting = [node for node, why in judged if why is None]
    if fitting:
        return min(fitting, key=lambda node: _dislike(pod, node, world)), ""
    found = [why for _, why in judged if why is not None]
    why = _counted(reason for one in found for reason in one.reasons)
    preempted = _counted(NOT_HELPFUL if one.final else NO_VICTIMS for one in found)
    return None, f"{available}: {why}. no new claims to deallocate, preemption: {available}: {preempted}."


def _counted(reasons: Iterator[str]) -> str:
    counts = sorted(f"{count} {reason}" for reason, count in Counter(reasons).items())
    return ", ".join(counts)


def _refusal(pod: Json, node: Json, world: World) -> Refusal | None:
    if node["spec"].get("unschedulable") and not _tolerates(pod, {"key": UNSCHEDULABLE_TAINT, "effect": "NoSchedule"}):
        return Refusal(("node(s) were unschedulable",))
    if _untolerated(pod, node) is not None:
        return Refusal(("node(s) had untolerated taint(s)",))
    if not _is_selected(pod, node):
        return Refusal(("node(s) didn't match Pod's node affinity/selector",))
    return _no_room(pod, node, world) or _wrong_company(pod, node, world)


def _untolerated(pod: Json, node: Json) -> Json | None:
    taints = node["spec"].get("taints") or []
    hard = (taint for taint in taints if taint["effect"] in ("NoSchedule", "NoExecute"))
    return next((taint for taint in hard if not _tolerates(pod, taint)), None)


def _tolerates(pod: Json, taint: Json) -> bool:
    return any(
        one.get("key") in (None, "", taint["key"])
        and one.get("effect") in (None, "", taint["effect"])
        and (one.get("operator") == "Exists" or one.get("value", "") == taint.get("value", ""))
        for one in pod["spec"].get("tolerations") or []
    )


def _is_selected(pod: Json, node: Json) -> bool:
    selector = pod["spec"].get("nodeSelector") or {}
    if any(labels(node).get(key) != value for key, value in selector.items()):
        return False
    terms = (_affinity(pod, "nodeAffinity").get(REQUIRED) or {}).get("nodeSelectorTerms")
    return not terms or any(_term_holds(term, node) for term in terms)


def _affinity(pod: Json, kind: str) -> Json:
    return (pod["spec"].get("affinity") or {}).get(kind) or {}


def _term_holds(term: Json, node: Json) -> bool:
    expressions = [*(term.get("matchExpressions") or [])]
    fields = [*(term.get("matchFields") or [])]
    known = labels(node)
    return (
        bool(expressions or fields)
        and all(_holds(one, known) for one in expressions)
        and all(_holds(one, {"metadata.name": name_of(node)}) for one in fields)
    )


def _holds(expression: Json, known: dict[str, str]) -> bool:
    value, values = known.get(expression["key"]), expression.get("values") or []
    operator = expression["operator"]
    if operator in ("Gt", "Lt"):
        if value is None or not value.lstrip("-").isdigit():
            return False
        return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
    tests = {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return tests.get(operator, False)


def _no_room(pod: Json, node: Json, world: World) -> Refusal | None:
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    asked, taken = requests(pod), world.total(PODS, node_entry(name_of(node)))
    if "pods" in allocatable:
        asked["pods"] = 1000
    room = {name: _thousandths(allocatable.get(name, "0")) for name in asked}
    lacking = [name for name in asked if asked[name] > room[name] - taken.get(name, 0)]
    if not lacking:
        return None
    never = any(asked[name] > room[name] for name in lacking)
    words = tuple("Too many pods" if name == "pods" else f"Insufficient {name}" for name in lacking)
    return Refusal(words, final=never)


def _wrong_company(pod: Json, node: Json, world: World) -> Refusal | None:
    for term in _affinity(pod, "podAffinity").get(REQUIRED) or []:
        if not _near(pod, term, node, world) and not _first_of_its_kind(pod, term, node, world):
            return Refusal(("node(s) didn't match pod affinity rules",))
    if any(_near(pod, term, node, world) for term in _affinity(pod, "podAntiAffinity").get(REQUIRED) or []):
        return Refusal(("node(s) didn't match pod anti-affinity rules",), final=False)
    for other in world.find(PODS, PLACED_APART):
        for term in _affinity(other, "podAntiAffinity").get(REQUIRED) or []:
            if _matches(term, pod, other, world) and _same_place(term, node, other, world) and _counts(other, pod):
                return Refusal(("node(s) didn't satisfy existing pods anti-affinity rules",), final=False)
    return None


def is_placed_apart(pod: Json) -> bool:
    """Say whether the pod keeps others away from where it is."""
    return bool(pod["spec"].get("nodeName")) and bool(_affinity(pod, "podAntiAffinity").get(REQUIRED))


def _counts(other: Json, pod: Json) -> bool:
    return uid_of(other) != uid_of(pod) and phase(other) not in ("Succeeded", "Failed")


def _near(pod: Json, term: Json, node: Json, world: World) -> bool:
    """Say whether a pod that the term selects is in the same place as the node."""
    return any(_same_place(term, node, other, world) for other in _company(pod, term, world))


def _first_of_its_kind(pod: Json, term: Json, node: Json, world: World) -> bool:
    """Say whether the pod asks only for its own kind, of which there is none yet: then it may begin anywhere."""
    here = term["topologyKey"] in labels(node)
    return here and _matches(term, pod, pod, world) and not any(_company(pod, term, world))


def _company(pod: Json, term: Json, world: World) -> Iterator[Json]:
    everywhere = term.get("namespaces") or "namespaceSelector" in term
    others = world.all(PODS) if everywhere else world.all(PODS, namespace_of(pod))
    return (
        other
        for other in others
        if other["spec"].get("nodeName") and _counts(other, pod) and _matches(term, other, pod, world)
    )


def _same_place(term: Json, node: Json, other: Json, world: World) -> bool:
    there = world.get(NODES, other["spec"].get("nodeName") or "")
    key = term["topologyKey"]
    return there is not None and key in labels(node) and labels(node)[key] == labels(there).get(key)


def _matches(term: Json, pod: Json, owner: Json, world: World) -> bool:
    """Say whether a term of the pod `owner` selects `pod`."""
    return _in_scope(term, pod, owner, world) and selects(term.get("labelSelector"), labels(pod))


def _in_scope(term: Json, pod: Json, owner: Json, world: World) -> bool:
    names, selector = term.get("namespaces") or [], term.get("namespaceSelector")
    if not names and selector is None:
        return namespace_of(pod) == namespace_of(owner)
    if namespace_of(pod) in names:
        return True
    space = world.get(NAMESPACES, namespace_of(pod))
    return selector is not None and selects(selector, labels(space) if space is not None else {})


def selects(selector: Json | None, known: dict[str, str]) -> bool:
    """Say whether a label selector holds; none selects nothing, an empty one everything."""
    if selector is None:
        return False
    pairs = (selector.get("matchLabels") or {}).items()
    return all(known.get(key) == value for key, value in pairs) and all(
        _holds(one, known) for one in selector.get("matchExpressions") or []
    )


def _dislike(pod: Json, node: Json, world: World) -> tuple[int, int, str]:
    """Rank a node that will do: what the pod prefers first, then the fewest pods, then the name."""
    taken = world.total(PODS, node_entry(name_of(node)))
    return -_preference(pod, node, world), taken.get("pods", 0), name_of(node)


def _preference(pod: Json, node: Json, world: World) -> int:
    score = 0
    for one in _affinity(pod, "nodeAffinity").get(PREFERRED) or []:
        score += one["weight"] if _term_holds(one["preference"], node) else 0
    for kind, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
        for one in _affinity(pod, kind).get(PREFERRED) or []:
            term = one["podAffinityTerm"]
            near = sum(_same_place(term, node, other, world) for other in _company(pod, term, world))
            score += sign * one["weight"] * near
    soft = [taint for taint in node["spec"].get("taints") or [] if taint["effect"] == "PreferNoSchedule"]
    return score - sum(not _tolerates(pod, taint) for taint in soft)
