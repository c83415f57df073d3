"""The shape of the code, held by a test: sizes, docstrings, one shape for every resource."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "dicot"
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_MEDIAN_MAX = 10
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc"}
PURE = {"manifest", "view", "schema", "changes", "status"}
IMPURE_IMPORTS = {"asyncio", "aiohttp", "time", "dicot.cluster", "dicot.kube.client", "dicot.kube.cache", "starlette"}

FILES = sorted(SOURCE.rglob("*.py"))


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in FILES:
        yield path.relative_to(SOURCE), ast.parse(path.read_text())


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def size(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def test_no_file_is_longer_than_the_limit():
    long = {str(path): lines for path in FILES if (lines := path.read_text().count("\n")) > FILE_LINES_MAX}
    assert not long


def test_no_function_is_longer_than_the_limit():
    long = [
        f"{path}:{node.lineno} {node.name} {size(node)}"
        for path, node in functions()
        if size(node) > FUNCTION_LINES_MAX
    ]
    assert not long


def test_functions_are_short():
    assert statistics.median(size(node) for _, node in functions()) < FUNCTION_LINES_MEDIAN_MAX


def test_every_module_says_what_it_holds():
    silent = [str(path) for path, tree in trees() if not ast.get_docstring(tree)]
    assert not silent


def test_no_module_has_a_vague_name():
    assert not [path for path in FILES if path.stem in VAGUE or path.parent.name in VAGUE]


@pytest.mark.parametrize("service", ["identity", "compute", "image", "volume", "network"])
def test_pure_modules_stay_pure(service):
    impure = []
    for path in sorted((SOURCE / service).rglob("*.py")):
        if path.stem not in PURE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            impure += [f"{path.relative_to(SOURCE)} imports {name}" for name in names if name in IMPURE_IMPORTS]
            if isinstance(node, ast.AsyncFunctionDef):
                impure.append(f"{path.relative_to(SOURCE)}:{node.lineno} is asynchronous")
    assert not impure


@pytest.mark.parametrize("service", ["identity", "compute", "image", "volume", "network"])
def test_resources_have_routes_and_a_table(service):
    """A resource folder tells its mapping in its docstring and exports ROUTES."""
    for folder in sorted((SOURCE / service).iterdir()):
        if folder.is_dir() and (folder / "handlers.py").exists():
            text = (folder / "__init__.py").read_text()
            assert "ROUTES" in text, folder
            assert ast.get_docstring(ast.parse(text)), folder


def test_the_project_speaks_of_itself_only():
    """No path of a developer's machine and no package registry in what is published, the lock file aside."""
    root = SOURCE.parent.parent
    forbidden = ("/" + "work/", "/" + "tmp/brief", "pypi" + ".org", "pythonhosted" + ".org")
    tracked = [
        path
        for folder in ("src", "tests", "docs", "bench", "deploy", ".ci")
        for path in (root / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".md", ".yaml", ".toml", ".json", ".txt", ""}
    ]
    tracked += [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "pyproject.toml")]
    found = [
        f"{path.relative_to(root)}: {word}"
        for path in tracked
        if path.exists()
        for word in forbidden
        if word in path.read_text(errors="replace")
    ]
    assert not found
