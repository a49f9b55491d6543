"""Office files are zips of XML: opened safely, with nothing in them that can blow up, before a library reads them."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of Office files before 2007, and of encrypted ones
_MOST_PARTS = 20_000
# Bytes of one part, inflated. Sheets are streamed, one of 100,000 rows has 40 MB; other parts become trees, ten times
# as large: a Word file of 1,000 pages has 10 MB.
MOST_STREAMED = 120 << 20
MOST_AS_TREE = 40 << 20
_MOST_IN_ALL = 200 << 20
# Pictures, films, fonts, macros, embedded files: nothing of them is text, so they are never inflated.
_READ = re.compile(r"\.(?:xml|rels|vml)$", re.I)
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)


class RefusedError(Exception):
    """A file that is not read. ``kind`` names the message for people, ``str(error)`` is exact English."""

    def __init__(self, kind: str, detail: str):
        super().__init__(detail)
        self.kind = kind


def head_of(properties: Any, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return the head record (see ``ingest.assemble``) that an Office file's own properties give."""
    changed = properties.modified or properties.created
    return {
        "title": (properties.title or "").strip(),
        "created": changed.date().isoformat() if changed is not None else None,
        "warnings": list(warnings),
    }


def open_package(path: Path, most: int = MOST_AS_TREE) -> io.BytesIO:
    """Return an Office file as a zip in memory: its XML as it is, every other part empty; raise ``RefusedError``.

    ``most`` is how many bytes one part may have. ECMA-376 allows no document type declaration in a part, so that one
    with entities is an attack.
    """
    with path.open("rb") as file:
        start = file.read(len(_OLE))
        if start == _OLE:
            raise _old_or_encrypted(file.read(1 << 22))
    try:
        with zipfile.ZipFile(path) as package:
            return _copied(package, most)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
        raise RefusedError("broken", f"not a sound zip: {error}") from error
    except RuntimeError as error:  # zipfile: "… is encrypted, password required for extraction"
        raise RefusedError("encrypted", str(error)) from error


def _old_or_encrypted(rest: bytes) -> RefusedError:
    if "EncryptedPackage".encode("utf-16-le") in rest:
        return RefusedError("encrypted", "an OLE container with an EncryptedPackage")
    return RefusedError("old", "an OLE container: a file of Office before 2007")


def _copied(package: zipfile.ZipFile, most: int) -> io.BytesIO:
    parts = [part for part in package.infolist() if not part.is_dir()]
    if len(parts) > _MOST_PARTS:
        raise RefusedError("large", f"{len(parts)} parts, of which {_MOST_PARTS} are read")
    read = [part for part in parts if _READ.search(part.filename)]
    # zipfile gives no more bytes than a part declares, so that what is declared bounds what is inflated.
    largest = max((part.file_size for part in read), default=0)
    in_all = sum(part.file_size for part in read)
    if largest > most or in_all > _MOST_IN_ALL:
        raise RefusedError("large", f"{in_all} bytes of XML, the largest part {largest}")
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as out:
        for part in parts:
            data = package.read(part) if _READ.search(part.filename) else b""
            if _declares_entities(data):
                raise RefusedError("hostile", f"{part.filename} has a document type declaration")
            out.writestr(part.filename, data)
    copy.seek(0)
    return copy


def _declares_entities(data: bytes) -> bool:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        data = data.replace(b"\0", b"")  # UTF-16: what is looked for is ASCII
    return _DECLARES.search(data) is not None
