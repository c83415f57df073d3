"""Whether a process of Dicot can answer, and if not: what is missing, and what to do about it. Pure text."""

from __future__ import annotations

from collections.abc import Mapping

from dicot.kube.cache import Problem
from dicot.kube.errors import Forbidden, Unauthorized
from dicot.kube.kinds import Kind

OWN = "dicot.io"
"""The group that Dicot's own kinds are in, below a service's name."""


def reasons(problems: Mapping[Kind, Problem], keys: str) -> list[str]:
    """Say what is missing, one thing a line; `keys` is why the keys of tokens cannot be followed. None: ready."""
    found = [f"{kind.full_name} {_told(problem)}" for kind, problem in problems.items()]
    return [*found, *([f"keys of tokens: {keys}"] if keys else [])]


def _told(problem: Problem) -> str:
    return problem.text if problem.fault is None else f"{problem.text}: {problem.fault}"


def advice(problems: Mapping[Kind, Problem]) -> list[str]:
    """Say what an administrator can do, as far as the reasons tell."""
    absent = [kind for kind, problem in problems.items() if problem.absent]
    faults = [problem.fault for problem in problems.values()]
    found: list[str] = []
    if any(_is_own(kind) for kind in absent) or any(isinstance(fault, Forbidden) for fault in faults):
        found.append(
            "Run `dicot bootstrap` with an administrator's kubeconfig: it installs Dicot's definitions, and gives the "
            "ServiceAccount that Dicot runs as the rights it needs."
        )
    foreign = sorted({kind.group for kind in absent if not _is_own(kind)})
    if foreign:
        found.append(f"Install what serves {', '.join(foreign)}: Dicot needs KubeVirt and CDI.")
    if any(isinstance(fault, Unauthorized) for fault in faults):
        found.append("Kubernetes does not know the credentials: check the kubeconfig or the ServiceAccount's token.")
    return found


def _is_own(kind: Kind) -> bool:
    return kind.group == OWN or kind.group.endswith(f".{OWN}")
