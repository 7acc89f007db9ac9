"""PNG files as pixels: eight bits a channel, with or without transparency, not interlaced."""

import dataclasses
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator


Pixel = tuple[int, int, int]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
    """Rows of pixels, from the top."""

    width: int
    height: int
    rows: list[bytes]
    channels: int

    def pixel(self, x: int, y: int) -> Pixel:
        at = x * self.channels
        red, green, blue = self.rows[y][at : at + 3]
        return red, green, blue

    def colours(self, left: int, top: int, right: int, bottom: int) -> Counter[Pixel]:
        """How many pixels of each colour an area has."""
        return Counter(self.pixel(x, y) for y in range(top, bottom) for x in range(left, right))


def read(data: bytes) -> Image:
    """Decode one (W3C, "Portable Network Graphics Specification")."""
    assert data.startswith(_SIGNATURE)
    chunks = list(_chunks(data))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, interlaced) == (8, 0)
    channels = _CHANNELS[kind]
    packed = b"".join(body for name, body in chunks if name == b"IDAT")
    raw, rows = zlib.decompress(packed), list[bytes]()
    length, above = width * channels, bytes(width * channels)
    for start in range(0, (length + 1) * height, length + 1):
        line = bytearray(raw[start + 1 : start + 1 + length])
        _FILTERS[raw[start]](line, above, channels)
        above = bytes(line)
        rows.append(above)
    return Image(width, height, rows, channels)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _none(line: bytearray, above: bytes, step: int) -> None:
    """Stands there as it is."""


def _sub(line: bytearray, above: bytes, step: int) -> None:  # noqa: ARG001 (one shape for all)
    for at in range(step, len(line)):
        line[at] = (line[at] + line[at - step]) & 255


def _up(line: bytearray, above: bytes, step: int) -> None:  # noqa: ARG001
    for at, over in enumerate(above):
        line[at] = (line[at] + over) & 255


def _average(line: bytearray, above: bytes, step: int) -> None:
    for at, over in enumerate(above):
        left = line[at - step] if at >= step else 0
        line[at] = (line[at] + (left + over) // 2) & 255


def _paeth(line: bytearray, above: bytes, step: int) -> None:
    for at, over in enumerate(above):
        left, corner = (line[at - step], above[at - step]) if at >= step else (0, 0)
        guess = left + over - corner
        by = (abs(guess - left), abs(guess - over), abs(guess - corner))
        nearest = (
            left if by[0] <= by[1] and by[0] <= by[2] else over if by[1] <= by[2] else corner
        )
        line[at] = (line[at] + nearest) & 255


_FILTERS: tuple[Callable[[bytearray, bytes, int], None], ...] = (
    _none,
    _sub,
    _up,
    _average,
    _paeth,
)
