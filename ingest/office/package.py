"""Office files are zips of XML: opened safely, with nothing in them that can blow up, before a library reads them.

What Office reads and the libraries do not is made one on the way: the other names of ISO 29500 "strict", alternate
contents, relationships that lead nowhere.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import unescape

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


def open_package(source: Path | io.BytesIO, most: int = MOST_AS_TREE) -> io.BytesIO:
    """Return an Office file as a zip in memory: its XML made plain, every other part empty; raise ``RefusedError``.

    ``most`` is how many bytes one part may have. ECMA-376 allows no document type declaration in a part, so that one
    with entities is an attack.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            start = file.read(len(_OLE))
            if start == _OLE:
                raise _old_or_encrypted(file.read(1 << 22))
    try:
        with zipfile.ZipFile(source) as package:
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
    # Some programs write the names of parts as Windows writes paths.
    parts = {part.filename.replace("\\", "/").lstrip("/"): part for part in package.infolist() if not part.is_dir()}
    if len(parts) > _MOST_PARTS:
        raise RefusedError("large", f"{len(parts)} parts, of which {_MOST_PARTS} are read")
    read = {name for name in parts if _READ.search(name)}
    _check_sizes([parts[name].file_size for name in read], most)
    links = {name: package.read(parts[name]) for name in read if name.lower().endswith(".rels")}
    # A page that is kept whole within a document is text of it, whatever its format.
    read |= {target for name, data in links.items() for target in _chunks(name, data) if target in parts}
    _check_sizes([parts[name].file_size for name in read], most)
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as out:
        for name, part in parts.items():
            data = (links.get(name) or package.read(part)) if name in read else b""
            if _READ.search(name):
                if _declares_entities(data):
                    raise RefusedError("hostile", f"{name} has a document type declaration")
                data = _plain(name, data)
                if name in links:
                    data = _without_dangling(name, data, parts.keys())
            out.writestr(name, data)
    copy.seek(0)
    return copy


def _check_sizes(sizes: Sequence[int], most: int) -> None:
    # zipfile gives no more bytes than a part declares, so that what is declared bounds what is inflated.
    largest, in_all = max(sizes, default=0), sum(sizes)
    if largest > most or in_all > _MOST_IN_ALL:
        raise RefusedError("large", f"{in_all} bytes of XML, the largest part {largest}")


_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"""\b(Target|TargetMode|Type)\s*=\s*["']([^"']*)["']""")


def resolved(links: str, target: str) -> str:
    """Return the part that a target names in the part of relationships ``links``."""
    folder = posixpath.dirname(posixpath.dirname(links))
    name = unquote(unescape(target)).replace("\\", "/")
    return posixpath.normpath(posixpath.join("/", folder, name)).lstrip("/")


def _relations(name: str, data: bytes) -> Iterator[tuple[re.Match[bytes], str, str]]:
    """Yield the relationships to parts of the file: where they stand, their kind, and the part."""
    for match in _RELATION.finditer(data):
        said = {key: value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(match[0])}
        if said.get(b"TargetMode") != "External" and b"Target" in said:
            yield match, said.get(b"Type", ""), resolved(name, said[b"Target"])


def _chunks(name: str, data: bytes) -> Iterator[str]:
    return (target for _, kind, target in _relations(name, data) if kind.endswith("/aFChunk"))


def _without_dangling(name: str, data: bytes, parts: Container[str]) -> bytes:
    """Return relationships without those to parts that are not there: Office passes over them, a library does not."""
    for match, _, target in reversed(list(_relations(name, data))):
        if target not in parts and "#" not in target and match[0].endswith(b"/>"):
            data = data[: match.start()] + data[match.end() :]
    return data


_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_HYPHENED = {b"extendedProperties": b"extended-properties", b"customProperties": b"custom-properties"}
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SHOWS = frozenset({"graphicData", "relIds", "textpath"})


def _plain(name: str, data: bytes) -> bytes:
    """Return a part with the names of transitional ISO 29500, and one of each alternate contents."""
    if b"purl.oclc.org/ooxml" in data:
        data = _STRICT.sub(
            lambda m: b"http://schemas.openxmlformats.org/%s/2006/%s" % (m[1], _HYPHENED.get(m[2], m[2])), data
        )
    # What stands beside the cells of a sheet names its controls, which are drawings; a sheet is too long for a tree.
    if b"AlternateContent" in data and "/worksheets/" not in name:
        data = _one_of_each(data)
    return data


def _one_of_each(data: bytes) -> bytes:
    from lxml import etree

    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError:
        return data  # whoever reads it says so
    for alternate in reversed(list(root.iter(_MC + "AlternateContent"))):
        parent = alternate.getparent()
        if parent is None:
            continue
        branches = [*alternate.findall(_MC + "Choice"), *alternate.findall(_MC + "Fallback")]
        chosen = next((branch for branch in branches if _shows(branch)), branches[0] if branches else ())
        at = parent.index(alternate)
        parent[at : at + 1] = list(chosen)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _shows(branch: Any) -> bool:
    """Say whether a branch of alternate contents holds text, or what a chart or diagram is drawn from."""
    for element in branch.iter("*"):
        name = element.tag.rpartition("}")[2]
        if name in _SHOWS or (name == "t" and (element.text or "").strip()):
            return True
    return False


def _declares_entities(data: bytes) -> bool:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        data = data.replace(b"\0", b"")  # UTF-16: what is looked for is ASCII
    return _DECLARES.search(data) is not None
