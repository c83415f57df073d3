"""The audit log of a real kube-apiserver, told to those who hear the development cluster's audit events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from dicot.devcluster.apiserver import audit

Json = dict[str, Any]


def policy(*users: str) -> str:
    """Write the policy: what these users ask for, and as whom, once it is answered or a watch has begun."""
    return yaml.safe_dump(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [{"level": "Metadata", "users": list(users)}, {"level": "None"}],
        }
    )


def answered(lines: Iterable[str]) -> Iterator[Json]:
    """Return each request of a log once: by its last stage, which tells how it ended; a watch also when it begins."""
    for line in lines:
        event = json.loads(line)
        if event["stage"] == "ResponseComplete" or event["verb"] == "watch":
            yield {"responseStatus": {"code": 200}, **event}


class AuditLog:
    """Reads on from where it has read to: an event is written before its request has been answered to the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def tell(self) -> None:
        """Tell the listeners what has been written since."""
        if not self.path.exists():
            return  # the server did not get as far as that
        with self.path.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for event in answered(whole.decode().splitlines()):
            for listener in audit.LISTENERS:
                listener(event)
