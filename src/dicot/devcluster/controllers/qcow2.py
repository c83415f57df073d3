"""Reading qcow2 images: virtual size, conversion to a raw disk. Backing files and encryption are refused.

After the published format, docs/interop/qcow2.txt of QEMU.
"""

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

MAGIC = b"QFI\xfb"
HEAD_BYTES = 64
_OFFSET = 0x00FF_FFFF_FFFF_FE00
_COMPRESSED = 1 << 62
_ZERO = 1


class NotReadable(Exception):
    """The image uses what is not supported here, or is damaged."""


def is_qcow2(path: Path) -> bool:
    """Say whether the file begins as a qcow2 image does."""
    with path.open("rb") as file:
        return file.read(4) == MAGIC


def virtual_size(head: bytes, length: int) -> int:
    """Say how large the disk in an image is: bytes 24-31 of a qcow2 header, else the length itself (raw)."""
    if head[:4] == MAGIC and len(head) >= 32:
        return int.from_bytes(head[24:32], "big")
    return length


def to_raw(path: Path) -> None:
    """Replace a qcow2 file by the raw disk in it, holes stay holes; raise NotReadable if it cannot be read."""
    part = path.with_suffix(".raw")
    with path.open("rb") as source, part.open("wb") as target:
        head = source.read(HEAD_BYTES)
        backing, bits, size, crypt, entries, table = struct.unpack(">QxxxxIQIIQ", head[8:48])
        if backing or crypt or not 9 <= bits <= 21:
            raise NotReadable("backing files, encryption and odd cluster sizes are not supported")
        source.seek(table)
        first = struct.unpack(f">{entries}Q", source.read(8 * entries))
        for index, entry in enumerate(first):
            if entry & _OFFSET:
                _copy_table(source, target, entry & _OFFSET, index, bits, size)
        target.truncate(size)
    part.replace(path)


def _copy_table(source: BinaryIO, target: BinaryIO, offset: int, index: int, bits: int, size: int) -> None:
    cluster = 1 << bits
    count = cluster // 8
    source.seek(offset)
    for position, entry in enumerate(struct.unpack(f">{count}Q", source.read(cluster))):
        start = (index * count + position) * cluster
        if not entry or start >= size or (entry & _ZERO and not entry & _COMPRESSED):
            continue
        target.seek(start)
        target.write(_cluster(source, entry, bits)[: size - start])


def _cluster(source: BinaryIO, entry: int, bits: int) -> bytes:
    cluster = 1 << bits
    if not entry & _COMPRESSED:
        source.seek(entry & _OFFSET)
        return source.read(cluster)
    shift = 62 - (bits - 8)
    where = entry & ((1 << shift) - 1)
    sectors = (entry >> shift) & ((1 << (bits - 8)) - 1)
    source.seek(where)
    packed = source.read((sectors + 1) * 512 - (where & 511))
    try:
        return zlib.decompressobj(-12).decompress(packed, cluster)
    except zlib.error as error:
        raise NotReadable(f"a compressed cluster cannot be read: {error}") from error
