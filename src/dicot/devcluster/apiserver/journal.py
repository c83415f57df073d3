"""The store's one file: a line of JSON for each write, compacted when it is opened.

A write has reached the operating system when `wrote` returns, so a killed process loses nothing it acknowledged.
A last line cut short by a crash is dropped: it was never acknowledged.
"""

import gc
import os
from pathlib import Path
from typing import Any

import msgspec

Json = dict[str, Any]


_ABSENT = msgspec.Raw(b"")


class Line(msgspec.Struct):
    """One write: revision, group, plural, key and the object (absent: deleted)."""

    r: int
    g: str = ""
    p: str = ""
    k: str = ""
    o: msgspec.Raw = _ABSENT


class State(msgspec.Struct):
    """What a file holds: the last revision, and each object with its revision."""

    revision: int = 1
    objects: dict[tuple[str, str, str], tuple[Json, int]] = msgspec.field(default_factory=dict)


_DECODE_LINE = msgspec.json.Decoder(Line)
_DECODE_OBJECT = msgspec.json.Decoder(dict[str, Any])


def _spelt(line: Line) -> bytes:
    head = msgspec.json.encode({"r": line.r, "g": line.g, "p": line.p, "k": line.k})
    body = bytes(line.o)
    return head[:-1] + b',"o":' + body + b"}\n" if body else head + b"\n"


def _decoded(lines: dict[tuple[str, str, str], Line]) -> dict[tuple[str, str, str], tuple[Json, int]]:
    """Decode every object, without the garbage collector looking at all of them again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return {place: (_DECODE_OBJECT.decode(line.o), line.r) for place, line in lines.items()}
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


class Journal:
    """The file, open for appending after `load`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1

    def load(self) -> State:
        """Read the file, rewrite it without its history, and open it for appending."""
        revision, lines = self._read()
        self._compact(revision, lines)
        self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return State(revision, _decoded(lines))

    def _read(self) -> tuple[int, dict[tuple[str, str, str], Line]]:
        revision, lines = 1, dict[tuple[str, str, str], Line]()
        if not self.path.exists():
            return revision, lines
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        for number, text in enumerate(whole.splitlines(), 1):
            line = self._decode(text, number)
            revision = max(revision, line.r)
            place = (line.g, line.p, line.k)
            if not bytes(line.o):
                lines.pop(place, None)
            else:
                lines[place] = line
        return revision, lines

    def _decode(self, text: bytes, number: int) -> Line:
        try:
            return _DECODE_LINE.decode(text)
        except msgspec.DecodeError as wrong:
            raise ValueError(f"{self.path}: line {number} is damaged: {wrong}") from wrong

    def _compact(self, revision: int, lines: dict[tuple[str, str, str], Line]) -> None:
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(_spelt(Line(revision)))
            file.writelines(_spelt(line) for line in lines.values())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)

    def wrote(self, revision: int, bucket: tuple[str, str], key: str, encoded: bytes) -> None:
        """Append a write; `encoded` is the object's JSON."""
        self._append(Line(revision, bucket[0], bucket[1], key, msgspec.Raw(encoded)))

    def deleted(self, revision: int, bucket: tuple[str, str], key: str) -> None:
        """Append a deletion."""
        self._append(Line(revision, bucket[0], bucket[1], key))

    def _append(self, line: Line) -> None:
        data = memoryview(_spelt(line))
        end = os.fstat(self._fd).st_size
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError:
            # Half a line would spoil the next one; this write was never acknowledged.
            os.ftruncate(self._fd, end)
            raise

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
