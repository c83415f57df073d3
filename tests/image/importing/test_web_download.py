"""Importing an image from a web server, which CDI reads and Dicot does not."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cloud import wait_for
from tests.image.exchanges import CDI, create, left, message, show, upload

DATA = bytes(range(256)) * 4096


class Handler(BaseHTTPRequestHandler):
    """Serves one image, and nothing else."""

    def do_GET(self):
        found = self.path == "/image.img"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(DATA) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(DATA)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def begin(project, image, url):
    body = {"method": {"name": "web-download", "uri": url}, "all_stores": True, "all_stores_must_succeed": True}
    return project.image.post(f"/images/{image['id']}/import", json=body)


def test_an_import_makes_an_image_active(project, web):
    image = create(project, min_disk=1)
    assert begin(project, image, f"{web}/image.img").status_code == 202
    wait_for(lambda: show(project, image["id"])["status"] == "active", "the import")
    shown = show(project, image["id"])
    assert shown["checksum"] is None
    assert shown["virtual_size"] == 1024**3
    (volume,) = project.objects(f"{CDI}/datavolumes")
    assert volume["spec"]["source"] == {"http": {"url": f"{web}/image.img"}}
    refused = begin(project, image, f"{web}/image.img")
    assert refused.status_code == 409
    assert "queued" in message(refused)
    answer = project.image.get(f"/images/{image['id']}/file", headers={"Range": "bytes=0-1048575"})
    assert answer.content == DATA


def test_a_failed_import_can_be_repeated_or_replaced_by_an_upload(project, web):
    image = create(project, min_disk=1)
    assert begin(project, image, f"{web}/nothing").status_code == 202
    assert show(project, image["id"])["status"] in {"importing", "queued"}
    wait_for(lambda: show(project, image["id"])["status"] == "queued", "the failure to be seen")
    assert upload(project, image["id"], DATA).status_code == 204
    assert show(project, image["id"])["size"] == len(DATA)


def test_an_import_needs_the_formats(project, web):
    image = create(project, disk_format=None)
    refused = begin(project, image, f"{web}/image.img")
    assert refused.status_code == 409
    assert "'disk_format' needs to be set before import" in message(refused)
    assert left(project) == {"datasources": 1}
