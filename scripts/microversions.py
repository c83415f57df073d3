"""Write docs/microversions.md from the histories of the services: `python scripts/microversions.py [--print]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dicot import compute, volume
from dicot.api.microversion import Flag, parse
from dicot.api.route import Service

PATH = Path(__file__).parent.parent / "docs" / "microversions.md"

INTRODUCTION = """# Microversions

Written by `scripts/microversions.py` from every resource's `changes.py`; a test keeps it fresh.

Handlers speak only the newest version. Each line is what a client of an *older* version does not see, or what it may
still send. A version that is absent changes nothing that is served here.
"""


def page() -> str:
    """Return the whole page."""
    return INTRODUCTION + "".join(_section(service) for service in (compute.SERVICE, volume.SERVICE))


def _section(service: Service) -> str:
    versions = service.microversions
    assert versions is not None
    title = f"\n## {service.name.capitalize()}: {versions.oldest} to {versions.newest}\n\n"
    rows = sorted({*_changes(service), *_flags(service), *_routes(service)}, key=lambda row: (-parse(row[0]), row[1:]))
    lines = [f"| {version} | {resource} | {summary} |" for version, resource, summary in rows]
    return title + "\n".join(["| Version | Resource | What is new |", "|---|---|---|", *lines]) + "\n"


def _changes(service: Service) -> Iterator[tuple[str, str, str]]:
    for route in service.routes:
        for change in route.history.changes:
            yield change.version, _resource(_owner(route.history) or route.handler.__module__), change.summary


def _owner(history: object) -> str:
    """Return the module that holds a history."""
    names = (name for name, module in sys.modules.items() if name.startswith("dicot.") and "HISTORY" in vars(module))
    found = [name for name in names if sys.modules[name].HISTORY is history]
    return min(found, key=lambda name: (not name.endswith(".changes"), name), default="")


def _flags(service: Service) -> Iterator[tuple[str, str, str]]:
    for name, module in list(sys.modules.items()):
        if name.startswith(f"dicot.{service.name}."):
            for flag in vars(module).values():
                if isinstance(flag, Flag):
                    yield flag.version, _resource(name), flag.summary


def _routes(service: Service) -> Iterator[tuple[str, str, str]]:
    for route in service.routes:
        what = f"`{route.method} {route.path}`" + (f" with `{route.action}`" if route.action else "")
        if route.since:
            yield route.since, _resource(route.handler.__module__), f"{what} exists."
        if route.until:
            major, minor = route.until.split(".")
            yield f"{major}.{int(minor) + 1}", _resource(route.handler.__module__), f"{what} is gone."


def _resource(module: str) -> str:
    return module.split(".")[2].replace("_", " ")


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        PATH.write_text(page())
