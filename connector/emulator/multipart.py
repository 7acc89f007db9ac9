"""Bodies of several parts, as multipart/form-data."""

import email.message
import re
from collections.abc import Iterator

from connector.emulator.errors import ApiError


_NAME = re.compile(r'name="([^"]*)"')


def read_parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a form by their names; raises ApiError where there is no form."""
    header = email.message.Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise ApiError(400, "INVALID_MULTIPART_REQUEST", "A form of several parts is expected")
    return dict(_parts(body, b"--" + boundary.encode()))


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    pieces = (b"\r\n" + body).split(b"\r\n" + boundary)
    if len(pieces) < len(("", "part", "--")) or not pieces[-1].startswith(b"--"):
        raise ApiError(400, "INVALID_MULTIPART_REQUEST", "The form has no end")
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head.decode("latin-1"))
        if name is None:
            raise ApiError(400, "INVALID_MULTIPART_REQUEST", "A part of the form has no name")
        yield name[1], content
