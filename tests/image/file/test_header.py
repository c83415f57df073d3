"""What an image is, told by its first bytes; and what is unsafe in it."""

import struct

import pytest

from dicot.image.file import header

GIB = 1024**3


def qcow2(version=3, backing=0, size=GIB, features=0):
    head = struct.pack(">4sIQIIQ", b"QFI\xfb", version, backing, 0, 16, size)
    return head.ljust(72, b"\0") + struct.pack(">Q", features) + bytes(512)


def vmdk(kind="streamOptimized", extents='RW 2097152 SPARSE "disk.vmdk"', more=""):
    descriptor = f'# Disk DescriptorFile\nversion=1\ncreateType="{kind}"\n{more}\n{extents}\n'.encode()
    head = struct.pack("<4sIIQQQQ", b"KDMV", 3, 0, 2097152, 128, 1, 20)
    return head.ljust(512, b"\0") + descriptor.ljust(20 * 512, b"\0")


def vdi():
    return bytes(64) + b"\x7f\x10\xda\xbe" + bytes(0x170 - 68) + struct.pack("<Q", GIB)


def vhd():
    return b"conectix".ljust(48, b"\0") + struct.pack(">Q", GIB) + bytes(100)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (qcow2(), header.Header("qcow2", GIB)),
        (qcow2(version=2), header.Header("qcow2", GIB)),
        (vmdk(), header.Header("vmdk", GIB)),
        (vmdk("monolithicSparse"), header.Header("vmdk", GIB)),
        (vdi(), header.Header("vdi", GIB)),
        (vhd(), header.Header("vhd", GIB)),
        (b"vhdxfile" + bytes(100), header.Header("vhdx")),
        (bytes(32769) + b"CD001", header.Header("iso")),
        (b"anything", header.Header("raw")),
        (b"", header.Header("raw")),
    ],
)
def test_formats(data, expected):
    assert header.read(data) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (qcow2(backing=100), "backing file"),
        (qcow2(features=4), "data file"),
        (qcow2(features=1 << 40), "unknown features"),
        (qcow2(version=1), "version 2 or 3"),
        (b"QFI\xfb", "cut off"),
        (vmdk("monolithicFlat"), "monolithicFlat"),
        (vmdk(""), "its type"),
        (vmdk(extents='RW 1 FLAT "/etc/passwd" 0'), "other files"),
        (vmdk(extents='RW 1 SPARSE "/etc/passwd"'), "other files"),
        (vmdk(extents='RW 1 SPARSE "a"\nRW 1 SPARSE "b"'), "other files"),
        (vmdk(more='parentFileNameHint="/etc/passwd"'), "parent"),
        (vmdk()[:600], "not at its beginning"),
        (b"# Disk DescriptorFile\n", "other files"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"\xfd7zXZ\0", "compressed"),
        (b"\x28\xb5\x2f\xfd", "compressed"),
    ],
)
def test_what_is_unsafe(data, reason):
    assert reason in header.read(data).unsafe


@pytest.mark.parametrize(
    ("found", "claimed", "wrong"),
    [
        ("raw", "raw", ""),
        ("qcow2", "qcow2", ""),
        ("qcow2", "raw", ""),
        ("raw", "ami", ""),
        ("raw", "qcow2", ""),
        ("vmdk", "qcow2", "Image disk_format qcow2 does not match stream data vmdk"),
        ("qcow2", "ami", "Image disk_format ami does not match stream data qcow2"),
    ],
)
def test_claims(found, claimed, wrong):
    assert header.mismatch(header.Header(found), claimed) == wrong
