"""Small papers for the tests of the evaluation."""

from pathlib import Path

from reportlab.pdfgen.canvas import Canvas


def write_pdf(path: Path, pages: list[list[str]]) -> None:
    """Write a PDF of so many pages with these lines on them, in Latin letters and figures."""
    canvas = Canvas(str(path))
    for lines in pages:
        for n, line in enumerate(lines):
            canvas.drawString(72, 770 - 20 * n, line)
        canvas.showPage()
    canvas.save()
