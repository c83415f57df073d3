"""How bytes come into a DataVolume's disk: nothing for blank and uploads, a copy for clones, a download for imports."""

import asyncio
import contextlib
from pathlib import Path

import aiohttp

from dicot.devcluster.controllers.cdi import manifest
from dicot.devcluster.controllers.cdi.source import Source, clone_source, kind_of
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import namespace_of, uid_of
from dicot.devcluster.controllers.qcow2 import HEAD_BYTES, NotReadable, is_qcow2, to_raw, virtual_size
from dicot.devcluster.controllers.stage import Run
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import Unavailable
from dicot.kube.kinds import DATA_VOLUMES

CHUNK_BYTES = 256 * 1024
FAILED = "TransferFailed"
IMPORT_TIMEOUT_S = 600


def source_is_filled(source: Source, world: World) -> bool:
    """Say whether the source of a clone has its bytes."""
    found = source.find(world)
    if found is None:
        return False
    if source.kind == "snapshot":
        return bool((found.get("status") or {}).get("readyToUse"))
    volume = world.get(DATA_VOLUMES, source.name, source.namespace)
    return phase(found) == "Bound" and (volume is None or phase(volume) == "Succeeded")


def bring(volume: Json, claim: Json, world: World) -> Run:
    """Fill the disk of the claim; may raise Unavailable with CDI's words."""
    kind = kind_of(volume["spec"], namespace_of(volume), world)
    source = clone_source(volume["spec"], namespace_of(volume), world)
    found = source.find(world) if source is not None else None
    size = manifest.usable_bytes(claim, world)
    target, source_uid = uid_of(claim), uid_of(found) if found is not None else ""

    async def action(machinery: Machinery) -> None:
        if source_uid:
            await machinery.disks.clone(source_uid, target, size)
        elif kind == "http":
            await download(machinery, volume["spec"]["source"]["http"]["url"], target, size)
        elif kind == "registry":
            raise _failed("Unable to connect to registry data source: no registry can be reached")
        elif kind == "blank":
            await machinery.disks.blank(target, size)

    return Run(action)


async def download(machinery: Machinery, url: str, target: str, size: int) -> None:
    """Fetch a disk image into a disk; raise Unavailable in the words of CDI's importer."""
    received = machinery.disks.path(target).with_suffix(".download")
    timeout = aiohttp.ClientTimeout(total=IMPORT_TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            if answer.status != 200:
                got = f"expected status code 200, got {answer.status}. Status: {answer.status} {answer.reason}"
                raise _failed(f"Unable to connect to http data source: {got}")
            with received.open("wb") as file:
                async for block in answer.content.iter_chunked(CHUNK_BYTES):
                    file.write(block)
        check_fits(received, size)
        await asyncio.to_thread(make_raw, received, size)
        await machinery.disks.take(target, received)
    except NotReadable as error:
        raise _failed(f"Unable to convert source data to target format: {error}") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise _failed(f'Unable to connect to http data source: Get "{url}": {error}') from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            received.unlink()


def check_fits(received: Path, size: int) -> None:
    """Raise Unavailable if the image in a file is larger than the disk it is for."""
    with received.open("rb") as file:
        head = file.read(HEAD_BYTES)
    needed = virtual_size(head, received.stat().st_size)
    if needed > size:
        raise _failed(too_large(needed, size))


def _failed(why: str) -> Unavailable:
    return Unavailable(why, reason=FAILED)


def too_large(needed: int, size: int) -> str:
    """Say, as CDI does, that an image does not fit."""
    return (
        f"Virtual image size {needed} is larger than the reported available storage {size}. A larger PVC is required."
    )


def make_raw(path: Path, size: int) -> None:
    """Turn a received image into the raw disk that CDI stores, as long as the claim allows."""
    if is_qcow2(path):
        to_raw(path)
    if path.stat().st_size < size:
        with path.open("ab") as file:
            file.truncate(size)
