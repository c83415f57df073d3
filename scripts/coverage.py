"""Write docs/coverage.md: which routes of the real services Dicot serves: `python scripts/coverage.py [--print]`.

What the real services declare stands in `scripts/declared_routes.json`; see `scripts/declared_routes.py`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dicot import app
from dicot.api.route import Route, Service

HERE = Path(__file__).parent
PATH = HERE.parent / "docs" / "coverage.md"
DECLARED = HERE / "declared_routes.json"
_ONE_ROOT = {"/", "/versions/{}"}
"""Lists of versions: each service has its own way."""

INTRODUCTION = """# Coverage

Written by `scripts/coverage.py`; a test keeps it fresh. The routes of the real services are those that their packages
declare (`make coverage` reads them anew). *Served* says from which microversion Dicot answers; *refused* that it
answers by name why it does not; *gone* that the real service removed it and says 410. An empty cell is a route that is
not served. Neutron's routes are the collections of neutron-lib; which of them a Neutron has depends on its plug-ins.
"""


class Row(NamedTuple):
    """One route of a real service, and what Dicot does with it."""

    path: str
    method: str
    versions: str
    served: str
    maps_to: str


def page() -> str:
    """Return the whole page."""
    declared = json.loads(DECLARED.read_text())
    services = {service.name: service for service in app.SERVICES}
    sections = {name: list(_rows(one["routes"], services.get(name))) for name, one in declared.items()}
    packages = {name: one["package"] for name, one in declared.items()}
    return INTRODUCTION + _totals(sections, packages) + "".join(map(_section, sections, sections.values()))


def _rows(declared: list[list[str]], service: Service | None) -> Iterator[Row]:
    ours = _ours(service) if service is not None else {}
    routes = sorted(declared, key=lambda one: (one[1], one[0], one[2]))
    for method, path, action, since, until, removed in routes:
        if path in _ONE_ROOT:
            continue
        found = ours.get((method, _template(path), action)) or ours.get((method, _template(path), ""))
        versions = f"{since or 'all'}{' to ' + until if until else ''}" if since or until else ""
        name = f"{path} `{action}`" if action else path
        yield Row(name, method, "removed" if removed else versions, _served(found), _kubernetes(found))


def _ours(service: Service) -> dict[tuple[str, str, str], Route]:
    """Return Dicot's routes by method, path and action; the newest of several."""
    return {(one.method, _template(one.path), one.action): one for one in service.routes}


def _template(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).replace("_", "-")


def _served(route: Route | None) -> str:
    if route is None:
        return ""
    if _gone(route):
        return "gone"
    if _refuses(route):
        return "refused"
    return f"since {route.since}" if route.since else "served"


def _gone(route: Route) -> bool:
    """Tell whether the real service has removed it: its handler is called so."""
    return _function(route).__name__ == "gone"


def _refuses(route: Route) -> bool:
    """Tell whether a handler only says why not: by its name, or by what it says of itself."""
    function = _function(route)
    return "refus" in function.__qualname__ or (function.__doc__ or "").startswith("Refuse")


def _function(route: Route) -> Any:
    """Return a handler's function, without what is given to it beforehand."""
    return getattr(route.handler, "func", route.handler)


def _kubernetes(route: Route | None) -> str:
    """Say what a route's resource is in Kubernetes: the first sentence of its package's mapping table."""
    if route is None or _gone(route) or _refuses(route):
        return ""
    found = ".".join(_function(route).__module__.split(".")[:3])
    return re.split(r"\.(?:\s|$)", (sys.modules[found].__doc__ or "").strip())[0].replace("\n", " ").replace("|", "/")


def _totals(sections: dict[str, list[Row]], packages: dict[str, str]) -> str:
    lines = [
        "\n| Service | Declared by | Routes | Served | Refused by name | Gone | Not served |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, rows in sections.items():
        count = {
            what: sum(row.served.startswith(what) for row in rows) for what in ("served", "since", "refused", "gone")
        }
        served = count["served"] + count["since"]
        absent = len(rows) - served - count["refused"] - count["gone"]
        lines.append(
            f"| {name} | {packages[name]} | {len(rows)} | {served} | {count['refused']} | {count['gone']} | {absent} |"
        )
    return "\n".join(lines) + "\n"


def _section(name: str, rows: list[Row]) -> str:
    lines = ["| Route | Method | In the real service | Dicot | Kubernetes |", "|---|---|---|---|---|"]
    lines += [f"| {row.path} | {row.method} | {row.versions} | {row.served} | {row.maps_to} |" for row in rows]
    return f"\n## {name.capitalize()}\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        PATH.write_text(page())
