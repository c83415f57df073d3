"""What an image is, told by its first bytes: its format, how large the disk within is, and whether it is safe. Pure.

Unsafe is what would make the importer open other files: a qcow2 with a backing or data file, a VMDK with extents
elsewhere. The format a client claims is not believed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import msgspec

PEEK_BYTES = 1024 * 1024
"""How much of an image is looked at before anything is made; the whole of a small one."""
SECTOR = 512
_ISO_AT = 32769
_VMDK_TYPES = {"monolithicsparse", "streamoptimized"}
_QCOW2_DATA_FILE = 1 << 2
_QCOW2_KNOWN_FEATURES = (1 << 5) - 1
CONVERTED = {"qcow2", "vmdk", "vdi", "vhd", "vhdx"}
"""What CDI turns into raw."""


class Header(msgspec.Struct, frozen=True):
    """What the first bytes say. `virtual_bytes` is None where they do not tell; `unsafe` says what is wrong."""

    format: str
    virtual_bytes: int | None = None
    unsafe: str = ""


def read(data: bytes) -> Header:
    """Recognise an image by its first bytes; anything unknown is raw."""
    for magic, reader in _READERS:
        if data.startswith(magic):
            return reader(data)
    if data[64:68] == b"\x7f\x10\xda\xbe":
        return Header("vdi", _number(data, "<Q", 0x170))
    if data[_ISO_AT : _ISO_AT + 5] == b"CD001":
        return Header("iso")
    return Header("raw")


def _number(data: bytes, form: str, at: int) -> int | None:
    if len(data) < at + struct.calcsize(form):
        return None
    (value,) = struct.unpack_from(form, data, at)
    return int(value)


def _qcow2(data: bytes) -> Header:
    version, backing = _number(data, ">I", 4), _number(data, ">Q", 8)
    size = _number(data, ">Q", 24)
    if version not in (2, 3) or backing is None or size is None:
        return Header("qcow2", size, "it is not of version 2 or 3, or cut off")
    if backing:
        return Header("qcow2", size, "it has a backing file")
    features = (_number(data, ">Q", 72) or 0) if version == 3 else 0
    if features & _QCOW2_DATA_FILE:
        return Header("qcow2", size, "it has a data file")
    if features & ~_QCOW2_KNOWN_FEATURES:
        return Header("qcow2", size, "it has unknown features")
    return Header("qcow2", size)


def _vmdk_sparse(data: bytes) -> Header:
    capacity, at, sectors = _number(data, "<Q", 12), _number(data, "<Q", 28), _number(data, "<Q", 36)
    if capacity is None or at is None or sectors is None or (at + sectors) * SECTOR > len(data):
        return Header("vmdk", None, "its descriptor is not at its beginning")
    descriptor = data[at * SECTOR : (at + sectors) * SECTOR]
    return Header("vmdk", capacity * SECTOR, _vmdk_fault(descriptor.split(b"\0")[0].decode("latin-1")))


def _vmdk_descriptor(data: bytes) -> Header:
    return Header("vmdk", None, "it is a descriptor, whose data is in other files")


def _vmdk_fault(descriptor: str) -> str:
    kind = re.search(r'^\s*createType\s*=\s*"([^"]*)"', descriptor, re.MULTILINE | re.IGNORECASE)
    if kind is None or kind[1].lower() not in _VMDK_TYPES:
        return f"its type {kind[1] if kind else '(none)'} is not one that holds all its data itself"
    extents = re.findall(r"^\s*(?:RW|RDONLY|NOACCESS)\s.*$", descriptor, re.MULTILINE)
    if len(extents) != 1 or "/" in extents[0] or not re.search(r"\sSPARSE\s", extents[0]):
        return "its extents name other files"
    parent = re.search(r"^\s*parentFileNameHint\s*=", descriptor, re.MULTILINE | re.IGNORECASE)
    return "it has a parent" if parent else ""


def _vhd(data: bytes) -> Header:
    return Header("vhd", _number(data, ">Q", 48))


def _vhdx(data: bytes) -> Header:
    return Header("vhdx")


def _packed(name: str) -> Callable[[bytes], Header]:
    found = Header(name, None, "it is compressed, and would be kept unpacked")

    def reader(data: bytes) -> Header:
        return found

    return reader


_READERS = (
    (b"QFI\xfb", _qcow2),
    (b"KDMV", _vmdk_sparse),
    (b"# Disk DescriptorFile", _vmdk_descriptor),
    (b"conectix", _vhd),
    (b"vhdxfile", _vhdx),
    (b"\x1f\x8b", _packed("gzip")),
    (b"\xfd7zXZ\0", _packed("xz")),
    (b"\x28\xb5\x2f\xfd", _packed("zstd")),
)


def mismatch(header: Header, disk_format: str) -> str:
    """Say, in Glance's words, why data is not what its image claims; "" if it may be.

    Data that is no known format is kept as the raw bytes it is, whatever it is called, and does no harm; Glance takes
    it so, too, where `require_image_format_match` is off. Data called raw may be anything.
    """
    if header.format in {disk_format, "raw"} or disk_format == "raw":
        return ""
    return f"Image disk_format {disk_format} does not match stream data {header.format}"
