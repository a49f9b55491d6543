"""Counts and draws pages of a PDF: a child process (``python -m ingest.pdf.render PATH count|render …``).

It is waited for with every page that is looked at, and imports nothing of what reads.
"""

from __future__ import annotations

import base64
import io
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from ingest.child import limit_memory, say
from ingest.pdf.annotations import opened


def main(arguments: Sequence[str]) -> int:
    path, command, *rest = arguments
    limit_memory()
    document = open_pdf(path)
    if isinstance(document, dict):
        return say(document)
    return say({"pages": len(document)} if command == "count" else _rendered(document, json.loads(rest[0])))


def open_pdf(path: str) -> Any:
    """Return a document of pypdfium2 that has pages, or the record that says why there is none."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)  # tries the empty password by itself
        count = len(document)
    except pypdfium2.PdfiumError as error:
        kind = "encrypted" if "password" in str(error).lower() or "security" in str(error).lower() else "broken"
        return {"error": kind, "detail": str(error)}
    return document if count else {"error": "broken", "detail": "no pages"}


_MOST_PIXELS = 20_000_000  # of a picture: three copies of it must fit into the memory


def _rendered(document: Any, wish: dict[str, Any]) -> dict[str, Any]:
    """Return a page's picture; the boxes are translucent yellow with a border."""
    from PIL import Image, ImageDraw

    if not 1 <= wish["page"] <= len(document):
        return {"error": "page", "detail": f"page {wish['page']} of {len(document)}"}
    page, _ = opened(document, wish["page"] - 1)
    width, height = page.get_size()
    scale = min(wish["dpi"] / 72, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
    picture = page.render(scale=scale).to_pil().convert("RGBA")
    marks = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(marks)
    for x0, y0, x1, y1 in wish["boxes"]:
        corners = [round(v * scale) for v in (x0, y0, x1, y1)]
        pen.rectangle(corners, fill=(255, 221, 0, 90), outline=(214, 158, 0, 255), width=max(1, round(scale)))
    out = io.BytesIO()
    Image.alpha_composite(picture, marks).convert("RGB").save(out, "PNG")
    return {"png": base64.b64encode(out.getvalue()).decode("ascii")}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
