"""Where bytes go in and out: CDI's upload proxy and KubeVirt's export server, on one plain HTTP port.

Streams in constant memory. Who may upload shows a signed token; who may download shows the export's token.
"""

import asyncio
import base64
import contextlib
import hmac
import logging
import secrets
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from aiohttp import web

from dicot.devcluster.controllers.cdi import manifest, transfer
from dicot.devcluster.controllers.export import token_secret
from dicot.devcluster.controllers.export_source import in_use, is_disk, judge
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import name_of, namespace_of, uid_of
from dicot.devcluster.controllers.qcow2 import HEAD_BYTES, NotReadable, virtual_size
from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS, SECRETS, VM_EXPORTS

TOKEN_S = 300
CHUNK_BYTES = 256 * 1024
DIRECTORY = '<!doctype html>\n<pre>\n<a href="disk.img">disk.img</a>\n</pre>\n'
EXPORT_TOKEN = "x-kubevirt-export-token"  # noqa: S105 - the header's name

log = logging.getLogger(__name__)


class UploadGrant(msgspec.Struct, frozen=True):
    """What an upload token says."""

    namespace: str
    name: str
    expires: float


class Tokens:
    """Signs and reads upload tokens; they last no longer than the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def sign(self, grant: UploadGrant) -> str:
        """Write a token."""
        body = base64.urlsafe_b64encode(msgspec.json.encode(grant)).decode()
        return f"{body}.{self._mac(body)}"

    def read(self, token: str, now: float) -> UploadGrant | None:
        """Read a token; None if it is forged or too old."""
        body, _, mac = token.partition(".")
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        grant = msgspec.json.decode(base64.urlsafe_b64decode(body), type=UploadGrant)
        return grant if grant.expires > now else None

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), "sha256").hexdigest()


class DataServer:
    """The HTTP server."""

    def __init__(self, machinery: Machinery, tokens: Tokens) -> None:
        self._machinery = machinery
        self._tokens = tokens
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; the URL is the result."""
        app = web.Application(client_max_size=0)
        for path in ("/v1beta1/upload", "/v1beta1/upload-async"):
            app.router.add_post(path, self._upload)
            app.router.add_put(path, self._upload)
        base = "/api/export.kubevirt.io/v1/namespaces/{namespace}/virtualmachineexports/{name}"
        app.router.add_get(base + "/volumes/{volume}/{file:.+}", self._download)
        app.router.add_get(base + "/{where:internal|external}/manifests/secret", self._secret)
        app.router.add_get("/healthz", _healthy)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        at = self._runner.addresses[0]
        return f"http://{at[0]}:{at[1]}"

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return web.Response(status=400, text="Missing or malformed Authorization header")
        grant = self._tokens.read(token.strip(), self._machinery.clock.now())
        if grant is None:
            return web.Response(status=401, text="Invalid upload token")
        world = self._machinery.world
        claim = world.get(PERSISTENT_VOLUME_CLAIMS, grant.name, grant.namespace)
        volume = world.get(DATA_VOLUMES, grant.name, grant.namespace)
        if claim is None or volume is None:
            return web.Response(status=404, text=f"persistentvolumeclaim {grant.name} not found")
        if phase(volume) != "UploadReady" or _uploaded(claim):
            word = "already uploaded" if _uploaded(claim) or phase(volume) == "Succeeded" else "not ready"
            return web.Response(status=503, text=f"Upload pod for {grant.namespace}/{grant.name} is {word}")
        return await self._receive(request, claim)

    async def _receive(self, request: web.Request, claim: Json) -> web.StreamResponse:
        disks, size = self._machinery.disks, manifest.usable_bytes(claim, self._machinery.world)
        received = disks.path(uid_of(claim)).with_suffix(f".{secrets.token_hex(4)}.upload")
        try:
            problem = await _save(request, received, size)
            if problem is not None:
                return web.Response(status=400, text=f"Saving stream failed: {problem}")
            await asyncio.to_thread(transfer.make_raw, received, size)
            await disks.take(uid_of(claim), received)
        except NotReadable as error:
            return web.Response(status=400, text=f"Saving stream failed: {error}")
        finally:
            with contextlib.suppress(FileNotFoundError):
                received.unlink()
        notes = {
            manifest.POD_PHASE: "Succeeded",
            "cdi.kubevirt.io/storage.condition.running": "false",
            "cdi.kubevirt.io/storage.condition.running.message": "Upload Complete",
            "cdi.kubevirt.io/storage.condition.running.reason": "Completed",
        }
        new = await self._machinery.client.patch(
            PERSISTENT_VOLUME_CLAIMS, name_of(claim), {"metadata": {"annotations": notes}}, namespace_of(claim)
        )
        self._machinery.world.learn(PERSISTENT_VOLUME_CLAIMS, new)
        return web.Response(status=200)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        world, at = self._machinery.world, request.match_info
        export = world.get(VM_EXPORTS, at["name"], at["namespace"])
        if export is None:
            return web.Response(status=404, text="export not found")
        token = request.headers.get(EXPORT_TOKEN) or request.query.get(EXPORT_TOKEN, "")
        if not await self._token_is_right(export, token):
            return web.Response(status=401, text="Unauthorized")
        claim = world.get(PERSISTENT_VOLUME_CLAIMS, at["volume"], at["namespace"])
        offered = judge(export, world).claims
        if claim is None or (export.get("status") or {}).get("phase") != "Ready" or at["volume"] not in offered:
            return web.Response(status=404, text="volume is not exported")
        if in_use(at["volume"], at["namespace"], world):
            return web.Response(status=503, text="volume is in use")
        path, disk = self._machinery.disks.path(uid_of(claim)), is_disk(at["volume"], at["namespace"], world)
        return await _send(request, path, at["file"], disk=disk)

    async def _secret(self, request: web.Request) -> web.StreamResponse:
        """Answer the Secret that lets CDI import from the export: its token as a header."""
        world, at = self._machinery.world, request.match_info
        export = world.get(VM_EXPORTS, at["name"], at["namespace"])
        token = request.headers.get(EXPORT_TOKEN) or request.query.get(EXPORT_TOKEN, "")
        if export is None or not await self._token_is_right(export, token):
            return web.Response(status=404 if export is None else 401)
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"header-secret-{at['name']}"},
            "stringData": {"token": f"{EXPORT_TOKEN}:{token}"},
        }
        return web.json_response({"apiVersion": "v1", "items": [body], "kind": "List"})

    async def _token_is_right(self, export: Json, token: str) -> bool:
        try:
            secret = await self._machinery.client.get(SECRETS, token_secret(export), namespace_of(export))
        except KubeError:
            return False
        wanted = base64.b64decode((secret.get("data") or {}).get("token", "")).decode()
        return bool(wanted) and hmac.compare_digest(wanted.encode(), token.encode())


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="OK")


def _uploaded(claim: Json) -> bool:
    return (claim["metadata"].get("annotations") or {}).get(manifest.POD_PHASE) == "Succeeded"


async def _save(request: web.Request, path: Path, size: int) -> str | None:
    """Stream the body into a file; say what is wrong with it, without reading on."""
    total, head = 0, b""
    with path.open("wb") as file:
        async for block in request.content.iter_chunked(CHUNK_BYTES):
            head = (head + block)[:HEAD_BYTES] if len(head) < HEAD_BYTES else head
            total += len(block)
            needed = virtual_size(head, total)
            if needed > size:
                return transfer.too_large(needed, size)
            file.write(block)
    return None if total else "no data was received"


async def _send(request: web.Request, path: Path, file: str, *, disk: bool) -> web.StreamResponse:
    """Send a volume in one of the formats that it is offered in: a disk raw or gzipped, files singly or as a tar."""
    if file == ("disk.img" if disk else "dir/disk.img"):
        return web.FileResponse(path, chunk_size=CHUNK_BYTES, headers={"Content-Type": "application/octet-stream"})
    if file == "disk.img.gz" and disk:
        return await _send_gzipped(request, _blocks(path))
    if file == "disk.tar.gz" and not disk:
        return await _send_gzipped(request, _tar(path))
    if file in ("dir", "dir/") and not disk:
        return web.Response(text=DIRECTORY, content_type="text/html")
    return web.Response(status=404, text="format is not offered")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(CHUNK_BYTES):
            yield block


def _tar(path: Path) -> Iterator[bytes]:
    """Write the directory of a claim, which holds one disk.img, as tar does."""
    size = path.stat().st_size
    for name, kind, length in (("./", tarfile.DIRTYPE, 0), ("./disk.img", tarfile.REGTYPE, size)):
        entry = tarfile.TarInfo(name)
        entry.type, entry.size, entry.mode = kind, length, 0o755 if kind == tarfile.DIRTYPE else 0o660
        yield entry.tobuf(tarfile.GNU_FORMAT)
    yield from _blocks(path)
    yield bytes(-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)


async def _send_gzipped(request: web.Request, blocks: Iterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/gzip"})
    await response.prepare(request)
    squeeze = zlib.compressobj(wbits=31)
    for block in blocks:
        await response.write(squeeze.compress(block))
    await response.write(squeeze.flush())
    await response.write_eof()
    return response
