"""Read which routes the real services declare, out of their packages' source: `python scripts/declared_routes.py`.

Nothing of the packages is imported or kept: their wheels are downloaded to `.cache/declared`, read as syntax trees, and
the paths and methods written to `scripts/declared_routes.json`, from which `scripts/coverage.py` makes its page.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PATH = HERE / "declared_routes.json"
CACHE = HERE.parent / ".cache" / "declared"
PACKAGES = {
    "compute": "nova==34.0.0",
    "placement": "openstack-placement==16.0.0",
    "identity": "keystone==30.0.0",
    "image": "glance==33.0.0",
    "volume": "cinder==29.0.0",
    "network": "neutron-lib==5.0.1",
}
VERBS = ("get", "put", "post", "patch", "delete", "head")
CRUD = {
    "index": ("GET", ""),
    "create": ("POST", ""),
    "show": ("GET", "/{}"),
    "update": ("PUT", "/{}"),
    "delete": ("DELETE", "/{}"),
}


class Declared(NamedTuple):
    """One method of one path, of `POST .../action` one action; `since` and `until` are microversions."""

    method: str
    path: str
    action: str = ""
    since: str = ""
    until: str = ""
    removed: bool = False


def plain(path: str) -> str:
    """Write a path without the names of its parameters."""
    path = re.sub(r"<[^>]*>|\{[^}]*\}|:[a-z_]+", "{}", path)
    return "/" + path.strip("/")


def tree(root: Path, path: str) -> ast.Module:
    """Parse a file of a package."""
    return ast.parse((root / path).read_text())


def called(node: ast.AST) -> str:
    """Return the last word of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def text(node: ast.AST | None) -> str:
    """Return a constant text, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """Return the keyword arguments of a call."""
    return {one.arg: one.value for one in call.keywords if one.arg}


def classes(module: ast.Module) -> dict[str, ast.ClassDef]:
    """Return the classes of a module by name."""
    return {one.name: one for one in ast.walk(module) if isinstance(one, ast.ClassDef)}


def nova(root: Path) -> Iterator[Declared]:
    """Read Nova's ROUTE_LIST, and the versions and actions that its controllers are decorated with."""
    base = root / "nova/api/openstack/compute"
    routes = tree(base, "routes.py")
    controllers: dict[str, list[ast.Attribute]] = {}
    for node in routes.body:
        if isinstance(node, ast.Assign) and called(node.value) == "partial":
            assert isinstance(node.value, ast.Call)
            _, main, others = node.value.args
            assert isinstance(others, ast.List)
            found = [one for one in (main, *others.elts) if isinstance(one, ast.Attribute)]
            controllers[ast.unparse(node.targets[0])] = found
    for node in ast.walk(routes):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Dict):
            for method, target in zip(node.elts[1].keys, node.elts[1].values, strict=True):
                assert isinstance(target, ast.List)
                name, function = ast.unparse(target.elts[0]), text(target.elts[1])
                yield from _nova_functions(base, controllers[name], function, text(method), plain(text(node.elts[0])))


def _nova_functions(
    base: Path, controllers: list[ast.Attribute], name: str, method: str, path: str
) -> Iterator[Declared]:
    for position, controller in enumerate(controllers):
        known = _nova_methods(base, ast.unparse(controller.value), controller.attr)
        for function in known.values():
            marks = {called(one): one for one in function.decorator_list if isinstance(one, ast.Call)}
            action = text(marks["action"].args[0]) if "action" in marks else ""
            if (name == "action") == bool(action) and (action or (function.name == name and not position)):
                versions = [_version(base, one) for one in marks["api_version"].args] if "api_version" in marks else []
                since, until = [*versions, "", ""][:2]
                yield Declared(method, path, action, since if since != "2.1" else "", until, "removed" in marks)


def _version(base: Path, node: ast.expr) -> str:
    """Return a version, also one that is spelt as a constant of Nova's."""
    module = tree(base.parent, "api_version_request.py")
    constants = {ast.unparse(one.targets[0]): text(one.value) for one in module.body if isinstance(one, ast.Assign)}
    return text(node) or constants[ast.unparse(node).split(".")[-1]]


def _nova_methods(base: Path, module: str, name: str) -> dict[str, ast.FunctionDef]:
    file = "versionsV21" if module == "versionsV21" else module.rpartition(".")[2]
    found = classes(tree(base, f"{file}.py"))[name]
    methods: dict[str, ast.FunctionDef] = {}
    for parent in found.bases:
        words = ast.unparse(parent).split(".")
        if (base / f"{words[0]}.py").exists() and len(words) == 2:
            methods |= _nova_methods(base, *words)
    return methods | {one.name: one for one in found.body if isinstance(one, ast.FunctionDef)}


def placement(root: Path) -> Iterator[Declared]:
    """Read Placement's ROUTE_DECLARATIONS."""
    for node in ast.walk(tree(root, "placement/handler.py")):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROUTE_DECLARATIONS":
            assert isinstance(node.value, ast.Dict)
            for path, methods in zip(node.value.keys, node.value.values, strict=True):
                assert isinstance(methods, ast.Dict)
                yield from (Declared(text(one), plain(text(path))) for one in methods.keys if text(path))


def keystone(root: Path) -> Iterator[Declared]:
    """Read the resources that Keystone's modules map, and the verbs that their classes have."""
    for file in sorted((root / "keystone/api").glob("*.py")):
        module = ast.parse(file.read_text())
        known = classes(module)
        for api in (one for one in module.body if isinstance(one, ast.ClassDef)):
            yield from _keystone_api(known, api)


def _keystone_api(known: dict[str, ast.ClassDef], api: ast.ClassDef) -> Iterator[Declared]:
    """Read one of Keystone's groups of resources: each has its own prefix, which some URLs join without a slash."""
    prefix = next((text(one.value) for one in ast.walk(api) if _is_named(one, "_api_url_prefix")), "")
    for call in ast.walk(api):
        if called(call) == "construct_resource_map":
            assert isinstance(call, ast.Call)
            given = keywords(call)
            path = plain(f"{prefix}/{text(given['url']).lstrip('/')}")
            verbs = _verbs(known, ast.unparse(given["resource"]))
            yield from (Declared(verb.upper(), path) for verb in verbs)
    for one in ast.walk(api):
        if _is_named(one, "resources") and isinstance(one.value, ast.List):
            for resource in map(ast.unparse, one.value.elts):
                yield from _keystone_collection(known, resource, prefix)


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name


def _keystone_collection(known: dict[str, ast.ClassDef], resource: str, prefix: str) -> Iterator[Declared]:
    """A resource of Keystone's own base class has a collection and its members."""
    if resource not in known:
        return
    key = next((text(one.value) for one in known[resource].body if _is_named(one, "collection_key")), "")
    verbs = _verbs(known, resource)
    for verb in verbs if key else ():
        if verb in {"get", "head"}:
            yield Declared(verb.upper(), plain(f"{prefix}/{key}"))
        where = f"{prefix}/{key}" if verb == "post" else f"{prefix}/{key}/{{}}"
        yield Declared(verb.upper(), plain(where))


def _verbs(known: dict[str, ast.ClassDef], name: str) -> list[str]:
    found = known.get(name)
    if found is None:
        return []
    inherited = [verb for base in found.bases for verb in _verbs(known, ast.unparse(base))]
    methods = [one for one in found.body if isinstance(one, ast.FunctionDef)]
    own = [one.name for one in methods if one.name in VERBS and not _disallows(one)]
    return list(dict.fromkeys([*own, *inherited]))


def _disallows(method: ast.FunctionDef) -> bool:
    """Tell whether a method is there only to answer 405."""
    words = ast.unparse(method.body[-1])
    return "MethodNotAllowed" in words or "_method_not_allowed" in words


def glance(root: Path) -> Iterator[Declared]:
    """Read the paths that Glance's router connects to something other than a refusal."""
    for call in ast.walk(tree(root, "glance/api/v2/router.py")):
        if called(call) == "connect":
            assert isinstance(call, ast.Call)
            conditions = keywords(call).get("conditions")
            for word in ast.walk(conditions) if conditions is not None else ():
                if text(word).isupper():
                    yield Declared(text(word), plain(text(call.args[0])))


def cinder(root: Path) -> Iterator[Declared]:
    """Read Cinder's resources: those of its router, and those of its extensions with their controllers' methods."""
    modules = {file.stem: ast.parse(file.read_text()) for folder in ("v2", "v3", "contrib")
               for file in sorted((root / "cinder/api" / folder).glob("*.py"))}  # fmt: skip
    for call in ast.walk(modules["router"]):
        if called(call) == "resource":
            assert isinstance(call, ast.Call)
            yield from _cinder_resource(text(call.args[1]), keywords(call), set(CRUD), modules)
    for module in modules.values():
        aliases = {name: next((text(one.value) for one in found.body if _is_named(one, "alias")), "")
                   for name, found in classes(module).items()}  # fmt: skip
        for call in ast.walk(module):
            if called(call) == "ResourceExtension":
                assert isinstance(call, ast.Call)
                name = text(call.args[0]) or aliases.get(ast.unparse(call.args[0]).split(".")[0], "")
                controllers = [one for key, one in classes(module).items() if key.endswith("Controller")]
                defined = {one.name for found in controllers for one in found.body if isinstance(one, ast.FunctionDef)}
                yield from _cinder_resource(name, keywords(call), defined & set(CRUD), modules)
    for module in modules.values():
        for function in ast.walk(module):
            for mark in getattr(function, "decorator_list", ()):
                if called(mark) == "action" and text(mark.args[0]):
                    noun = "snapshots" if "snapshot" in ast.unparse(function).lower()[:200] else "volumes"
                    yield Declared("POST", f"/{noun}/{{}}/action", text(mark.args[0]))


def _cinder_resource(
    name: str, given: dict[str, ast.expr], methods: set[str], modules: dict[str, ast.Module]
) -> Iterator[Declared]:
    parent = given.get("parent_resource") or given.get("parent")
    above = ""
    if isinstance(parent, ast.Call):
        above = f"{text(keywords(parent).get('collection_name'))}/{{}}/"
    elif isinstance(parent, ast.Dict):
        pairs = {text(key): text(value) for key, value in zip(parent.keys, parent.values, strict=True)}
        above = f"{pairs.get('collection_name', '')}/{{}}/"
    if not name:
        return
    yield from (Declared(CRUD[one][0], plain(f"{above}{name}{CRUD[one][1]}")) for one in sorted(methods))
    for keys, middle in (("collection", ""), ("collection_actions", ""), ("member", "/{}"), ("member_actions", "/{}")):
        extra = given.get(keys)
        if isinstance(extra, ast.Dict):
            for action, method in zip(extra.keys, extra.values, strict=True):
                if text(action) != "action":
                    yield Declared(text(method), plain(f"{above}{name}{middle}/{text(action)}"))


def neutron(root: Path) -> Iterator[Declared]:
    """Read the collections of neutron-lib's API definitions: each has a list, members, and what is done to these."""
    for file in sorted((root / "neutron_lib/api/definitions").glob("*.py")):
        named: dict[str, ast.expr] = {}
        for one in ast.parse(file.read_text()).body:
            if isinstance(one, ast.AnnAssign | ast.Assign) and one.value is not None:
                named[ast.unparse(one.target if isinstance(one, ast.AnnAssign) else one.targets[0])] = one.value
        yield from _neutron_collections(named)
        for collection, actions in _entries(named, "ACTION_MAP"):
            for action, method in _entries({"": actions}, ""):
                noun = collection if collection.endswith("s") else f"{collection}s"
                yield Declared(text(method), plain(f"{noun.replace('_', '-')}/{{}}/{action}"))


def _entries(named: dict[str, ast.expr], name: str) -> Iterator[tuple[str, ast.expr]]:
    """Return what a named dictionary holds, by keys that are texts or names of texts."""
    found = named.get(name)
    if isinstance(found, ast.Dict):
        for key, value in zip(found.keys, found.values, strict=True):
            spelt = text(key) or text(named.get(ast.unparse(key)) if key is not None else None)
            if spelt:
                yield spelt, value


def _neutron_collections(named: dict[str, ast.expr]) -> Iterator[Declared]:
    """Read the collections that a definition makes; one that only adds to another's has no id among its attributes."""
    for name, attributes in _entries(named, "RESOURCE_ATTRIBUTE_MAP"):
        if isinstance(attributes, ast.Dict) and "id" in map(text, attributes.keys):
            collection = name.replace("_", "-")
            yield from (Declared(method, plain(f"{collection}{where}")) for method, where in CRUD.values())


READERS = {
    "compute": nova,
    "placement": placement,
    "identity": keystone,
    "image": glance,
    "volume": cinder,
    "network": neutron,
}


def unpacked(requirement: str) -> Path:
    """Download a package's wheel and unpack it; nothing of it is installed."""
    folder = CACHE / requirement.replace("==", "-")
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(CACHE), requirement]
        subprocess.run(command, check=True)  # noqa: S603 - fixed words only
        name = requirement.replace("==", "-").replace("neutron-lib", "neutron_lib")
        name = name.replace("openstack-placement", "openstack_placement")
        (wheel,) = CACHE.glob(f"{name}-*.whl")
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder)
    return folder


def main() -> None:
    """Write what each service declares."""
    found = {}
    for service, requirement in PACKAGES.items():
        routes = sorted(set(READERS[service](unpacked(requirement))))
        found[service] = {"package": requirement.replace("==", " "), "routes": [list(one) for one in routes]}
        sys.stdout.write(f"{service}: {len(routes)} routes declared by {requirement}\n")
    lines = ",\n".join(
        f'"{service}": {{"package": "{one["package"]}", "routes": [\n'
        + ",\n".join(json.dumps(route) for route in one["routes"]) + "\n]}" for service, one in found.items()
    )  # fmt: skip
    PATH.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
