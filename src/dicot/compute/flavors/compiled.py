"""What a flavor's extra specs mean in an instancetype's spec. Pure.

What means nothing there is kept with the flavor all the same: Nova, too, stores what only some drivers read.
"""

from __future__ import annotations

import re
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest

Json = dict[str, Any]
Specs = dict[str, str]

_AGGREGATE = "aggregate_instance_extra_specs:"
_LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_MEBIBYTES = {"": 1 / 1024, "k": 1 / 1024, "m": 1, "g": 1024}
_HUGE = {2: "2Mi", 1024: "1Gi"}
DEVICES_MAX = 64
"""Host devices of one server."""
_PARTS = ("cpu", "memory", "nodeSelector")
"""Fields that hold more than extra specs ask for: an instancetype always has the first two."""
_TRUE = frozenset(("1", "t", "true", "on", "y", "yes"))


def fields(specs: Specs) -> Json:
    """Return the part of an instancetype's spec that extra specs ask for."""
    found: Json = {"cpu": _cpu(specs), "memory": _memory(specs), "nodeSelector": _selector(specs)}
    devices = _devices(specs.get("pci_passthrough:alias", ""))
    if devices:
        found["hostDevices"] = devices
    if _true(specs, "hw:mem_encryption"):
        found["launchSecurity"] = {"sev": Json()}
    return {key: value for key, value in found.items() if value}


def difference(before: Json, after: Json) -> Json:
    """Return the merge patch that leads from one such part to another and touches nothing else."""
    patch: Json = {}
    for key in {**before, **after}:
        have, want = before.get(key), after.get(key)
        if key in _PARTS:
            parts = {**dict.fromkeys(have or ()), **(want or {})}
            want = {name: one for name, one in parts.items() if (have or {}).get(name) != one}
            patch |= {key: want} if want else {}
        elif have != want:
            patch[key] = want
    return patch


def _true(specs: Specs, name: str) -> bool:
    return specs.get(name, "").lower() in _TRUE


def _cpu(specs: Specs) -> Json:
    cpu: Json = {}
    if specs.get("hw:cpu_policy") == "dedicated":
        cpu["dedicatedCPUPlacement"] = True
    if specs.get("hw:emulator_threads_policy") == "isolate":
        cpu["isolateEmulatorThread"] = True
    if specs.get("hw:cpu_max_sockets", "").isdecimal():
        cpu["maxSockets"] = int(specs["hw:cpu_max_sockets"])
    if _true(specs, "hw:cpu_realtime"):
        mask = specs.get("hw:cpu_realtime_mask")
        cpu["realtime"] = {"mask": mask} if mask else {}
    if "hw:numa_nodes" in specs and "dedicatedCPUPlacement" in cpu and _memory(specs):
        cpu["numa"] = {"guestMappingPassthrough": Json()}
    return cpu


def _memory(specs: Specs) -> Json:
    size = _page_size(specs.get("hw:mem_page_size", ""))
    return {"hugepages": {"pageSize": size}} if size else {}


def _page_size(text: str) -> str:
    if text == "large":
        return "2Mi"
    match = re.fullmatch(r"(\d+)([kKMG]?)i?(?:b|bit|B)?", text)
    if match is None:
        return ""
    size_mib = int(match[1]) * _MEBIBYTES[match[2].lower()]
    return _HUGE.get(int(size_mib), "") if size_mib == int(size_mib) else ""


def _selector(specs: Specs) -> Json:
    asked = {key[len(_AGGREGATE) :]: value for key, value in specs.items() if key.startswith(_AGGREGATE)}
    return {key: value for key, value in asked.items() if _LABEL_KEY.fullmatch(key) and names.may_be_label(value)}


def _devices(aliases: str) -> list[Json]:
    asked: list[str] = []
    for alias in filter(None, (one.strip() for one in aliases.split(","))):
        name, _, count = alias.partition(":")
        number = int(count) if count.isdecimal() else 1
        if len(asked) + number > DEVICES_MAX:
            raise BadRequest(f"pci_passthrough:alias asks for more than {DEVICES_MAX} devices.")
        asked += [name] * number
    return [{"name": f"device-{place}", "deviceName": name} for place, name in enumerate(asked)]
