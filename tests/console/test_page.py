"""noVNC's files: what its package publishes and nothing else; and Debian's package, where it was fetched."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from dicot.console.page import Page

FETCHED = Path(__file__).parents[2] / ".cache" / "novnc"
"""Where `make novnc` puts it."""


async def get(directory: Path, path: str, method: str = "GET") -> httpx2.Response:
    transport = httpx2.ASGITransport(Page(str(directory)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://dicot") as client:
        return await client.request(method, f"/console/novnc/{path}")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    place = tmp_path / "novnc"
    (place / "core").mkdir(parents=True)
    (place / "utils").mkdir()
    (place / "vnc_lite.html").write_text("<title>noVNC</title>")
    (place / "core" / "rfb.js").write_text("export default 1;")
    (place / "utils" / "launch.sh").write_text("#!/bin/sh")
    (tmp_path / "secret.html").write_text("secret")
    (place / "core" / "out.js").symlink_to(tmp_path / "secret.html")
    return place


async def test_what_is_published(package: Path) -> None:
    page = await get(package, "vnc_lite.html")
    assert (page.status_code, page.text) == (200, "<title>noVNC</title>")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["referrer-policy"] == "no-referrer"
    script = await get(package, "core/rfb.js")
    assert (script.status_code, script.text) == (200, "export default 1;")
    assert "javascript" in script.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "core",
        "none.html",
        "core/none.js",
        "utils/launch.sh",
        "core/%2e%2e/%2e%2e/secret.html",
        "core/out.js",
    ],
)
async def test_what_is_not(package: Path, path: str) -> None:
    assert (await get(package, path)).status_code == 404


async def test_only_reading(package: Path) -> None:
    refused = await get(package, "vnc_lite.html", "POST")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert (await get(package, "vnc_lite.html", "HEAD")).status_code == 200


async def test_a_missing_package_is_named(tmp_path: Path) -> None:
    answer = await get(tmp_path / "nowhere", "vnc_lite.html")
    assert answer.status_code == 501
    assert "novnc_directory" in answer.text


@pytest.mark.skipif(not FETCHED.exists(), reason="`make novnc` fetches noVNC")
async def test_the_page_of_debians_package() -> None:
    page = await get(FETCHED, "vnc_lite.html")
    assert page.status_code == 200
    assert "core/rfb.js" in page.text
    assert "readQueryVariable('path'" in page.text
    assert (await get(FETCHED, "core/rfb.js")).status_code == 200
