"""The bytes behind claims and snapshots: one sparse file each, named by the object's uid.

Knows no Kubernetes object beyond uids. Every call is idempotent, so that a restart may repeat it.
"""

import asyncio
import os
from pathlib import Path

COPY_BYTES = 1024 * 1024


class Disks:
    """The directory of disk files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def path(self, uid: str) -> Path:
        """Say where the bytes of this claim or snapshot are."""
        return self.root / f"{uid}.img"

    def exists(self, uid: str) -> bool:
        """Say whether there are bytes."""
        return self.path(uid).exists()

    async def blank(self, uid: str, size_bytes: int) -> None:
        """Make a disk of zeros, which takes no space; a disk that is there stays as it is."""
        if not self.exists(uid):
            await asyncio.to_thread(_blank, self.path(uid), size_bytes)

    def write(self, uid: str, data: bytes) -> None:
        """Make these the disk's bytes."""
        part = self.path(uid).with_suffix(".part")
        part.write_bytes(data)
        part.replace(self.path(uid))

    async def clone(self, source: str, target: str, size_bytes: int = 0) -> None:
        """Copy a disk, holes stay holes; the copy is at least `size_bytes` long."""
        await asyncio.to_thread(_copy, self.path(source), self.path(target), size_bytes)

    async def grow(self, uid: str, size_bytes: int) -> None:
        """Lengthen a disk with zeros; never shortens one."""
        if self.exists(uid) and self.path(uid).stat().st_size < size_bytes:
            await asyncio.to_thread(_truncate, self.path(uid), size_bytes)

    async def take(self, uid: str, received: Path) -> None:
        """Make a received file the disk's bytes."""
        await asyncio.to_thread(received.replace, self.path(uid))

    async def remove(self, uid: str) -> None:
        """Remove the bytes, if there are any."""
        await asyncio.to_thread(self.path(uid).unlink, missing_ok=True)

    def keep_only(self, uids: set[str]) -> None:
        """Remove the files of all others: what a crash left behind, half-written ones too."""
        for path in self.root.iterdir():
            if path.stem not in uids or path.suffix != ".img":
                path.unlink(missing_ok=True)


def _blank(path: Path, size_bytes: int) -> None:
    part = path.with_suffix(".part")  # a kill must not leave a disk that is there and too short
    _truncate(part, size_bytes)
    part.replace(path)


def _truncate(path: Path, size_bytes: int) -> None:
    with path.open("ab") as file:
        file.truncate(size_bytes)


def _copy(source: Path, target: Path, size_bytes: int) -> None:
    part = target.with_suffix(".part")
    with source.open("rb") as reader, part.open("wb") as writer:
        length = os.fstat(reader.fileno()).st_size
        at = 0
        while at < length:
            try:
                start = os.lseek(reader.fileno(), at, os.SEEK_DATA)
            except OSError:  # nothing but a hole up to the end
                break
            at = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            _copy_range(reader.fileno(), writer.fileno(), start, at)
        writer.truncate(max(length, size_bytes))
    part.replace(target)


def _copy_range(reader: int, writer: int, start: int, end: int) -> None:
    while start < end:
        block = os.pread(reader, min(COPY_BYTES, end - start), start)
        if not block:
            return
        os.pwrite(writer, block, start)
        start += len(block)
