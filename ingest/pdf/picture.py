"""The picture of a page as geometry: its ink, its tilt, the straight lines ruled on it, and how far letters reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.pdf.rulings import Ruling
from ingest.pdf.sheet import Box

Pixels = NDArray[Any]

_MOST_TILT = 4.0  # degrees: a sheet lies in a scanner no worse than this
_LEAST_TILT = 0.04
_MOST_POINTS = 80_000
_SHORTEST = 12.0  # points: strokes of letters are shorter than what rules a table
SURELY_RULED = 40.0  # points: no letter has such a stroke, so that it can be taken away
_THICKEST = 4.0  # points: what is thicker is no line but a filled shape


def ink_of(picture: Pixels) -> Pixels:
    """Return where a picture (grey, 0 to 255) is darker than its surroundings, as 0 and 1."""
    import cv2

    around = cv2.blur(picture, (61, 61)).astype(np.int16)
    grey = picture.astype(np.int16)
    return ((grey < 200) & (grey < around - 18)).astype(np.uint8)


def tilt_of(ink: Pixels) -> float:
    """Return by how many degrees, clockwise, the lines of a page run down; 0 where that cannot be told."""
    ys, xs = np.nonzero(ink)
    if len(ys) < 1000:
        return 0.0
    step = max(1, len(ys) // _MOST_POINTS)
    ys, xs = ys[::step].astype(np.float32), xs[::step].astype(np.float32)

    def sharpness(degrees: float) -> float:
        rows = ys - xs * math.tan(math.radians(degrees))
        counts = np.bincount((rows - rows.min()).astype(np.int32) // 2)
        return float((counts.astype(np.float64) ** 2).sum())

    best = 0.0
    for reach, grain in ((_MOST_TILT, 0.2), (0.2, 0.02)):
        angles = [best + i * grain for i in range(-round(reach / grain), round(reach / grain) + 1)]
        best = max(angles, key=sharpness)
    level = sharpness(0.0)
    # A page of pictures has no lines: then no angle is much better than another.
    return best if abs(best) >= _LEAST_TILT and sharpness(best) > 1.03 * level else 0.0


@dataclass(frozen=True)
class Straightening:
    """How a picture was turned to stand upright, and the way back to the page as shown."""

    quarter: int  # turns to the left by 90 degrees
    degrees: float
    width: int  # pixels, of the turned picture
    height: int

    def back(self, box: Box) -> Box:
        """Return where a box of the upright picture stands on the picture as it was (both in pixels)."""
        x0, y0, x1, y1 = box
        if self.degrees:
            # The box keeps its size: only its middle moves, else each letter's box would grow.
            angle = math.radians(self.degrees)
            cx, cy = self.width / 2, self.height / 2
            dx, dy = (x0 + x1) / 2 - cx, (y0 + y1) / 2 - cy
            mx = cx + dx * math.cos(angle) - dy * math.sin(angle)
            my = cy + dx * math.sin(angle) + dy * math.cos(angle)
            w, h = (x1 - x0) / 2, (y1 - y0) / 2
            x0, y0, x1, y1 = mx - w, my - h, mx + w, my + h
        width, height = self.width, self.height
        for _ in range(self.quarter):  # a turn to the right each
            x0, y0, x1, y1 = height - y1, x0, height - y0, x1
            width, height = height, width
        return x0, y0, x1, y1


def straightened(picture: Pixels, quarter: int, degrees: float) -> tuple[Pixels, Straightening]:
    """Return a picture turned left by quarters, and back by the degrees that its lines run down."""
    import cv2

    turned = np.ascontiguousarray(np.rot90(picture, quarter))
    height, width = turned.shape[:2]
    if degrees:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        white = (255,) * (1 if turned.ndim == 2 else turned.shape[2])
        turned = cv2.warpAffine(turned, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=white)
    return turned, Straightening(quarter % 4, degrees, width, height)


def rulings_of(ink: Pixels, scale: float) -> tuple[list[Ruling], list[Ruling], Pixels]:
    """Return the upright and the flat lines on a page (in points, ``scale`` pixels each), and where they are."""
    import cv2

    upright, upright_mask = _straight(np.ascontiguousarray(ink.T), scale)
    flat, flat_mask = _straight(ink, scale)
    # Half a pixel of a line's edge is grey.
    mask = cv2.dilate((flat_mask | upright_mask.T).astype(np.uint8), np.ones((3, 3), np.uint8))
    return upright, flat, mask


def _straight(ink: Pixels, scale: float) -> tuple[list[Ruling], Pixels]:
    """Return the flat lines of a picture of ink, and a picture of them."""
    import cv2

    bridge = max(3, round(0.9 * scale))  # hairlines are dotted
    shortest = max(16, round(_SHORTEST * scale))
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, bridge), np.uint8))
    # A line that is not quite level is a stair: thick enough, it is one run.
    thick = cv2.dilate(closed, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    lines: list[Ruling] = []
    thin = np.zeros(count, np.uint8)
    for i in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[i])
        if area / w - 2 > _THICKEST * scale:
            # A filled shape: its edges rule, and what is printed on it must stay.
            lines += [
                Ruling(y / scale, x / scale, (x + w) / scale),
                Ruling((y + h) / scale, x / scale, (x + w) / scale),
            ]
            continue
        if h > area / w + _THICKEST * scale:
            continue  # a curve, or several things that touch
        lines.append(Ruling((y + h / 2) / scale, x / scale, (x + w) / scale))
        thin[i] = w >= SURELY_RULED * scale
    return lines, thin[labels] & closed


def band_of(ink: Pixels, box: tuple[int, int, int, int]) -> tuple[int, int]:
    """Return the first and last row of ink in a line's box (pixels), without what reaches in from its neighbours."""
    x0, y0, x1, y1 = box
    rows = np.flatnonzero(ink[y0:y1, x0:x1].any(axis=1))
    if not len(rows):
        return y0, y1
    middle = (y1 - y0) / 2
    # Runs of ink; those that touch the edge and stay in the outer fifth belong to another line.
    cuts = np.flatnonzero(np.diff(rows) > 1)
    runs = [(int(a), int(b)) for a, b in zip(rows[[0, *(cuts + 1)]], rows[[*cuts, len(rows) - 1]], strict=True)]
    edge = 0.4 * middle
    own = [(a, b) for a, b in runs if not ((a == 0 and b < edge) or (b == y1 - y0 - 1 and a > 2 * middle - edge))]
    if 2 * sum(b - a + 1 for a, b in own) < len(rows):
        own = runs
    return y0 + own[0][0], y0 + own[-1][1] + 1


def cut_letters(ink: Pixels, box: tuple[int, int, int, int], middles: Sequence[float]) -> list[tuple[int, int]]:
    """Return the first and last column (pixels) of each letter of a line, given about where each has its middle.

    A cut between two letters goes through the whitest column near the mean of their middles.
    """
    x0, y0, x1, y1 = box
    columns = ink[y0:y1, x0:x1].sum(axis=0)
    cuts = [0]
    for a, b in pairwise(middles):
        half = (b - a) / 2
        low = max(cuts[-1] + 1, round((a + b) / 2 - 0.6 * half))
        high = min(len(columns), round((a + b) / 2 + 0.6 * half) + 1)
        if high <= low:
            cuts.append(max(cuts[-1], min(len(columns), round((a + b) / 2))))
            continue
        window = columns[low:high].astype(float) + np.abs(np.arange(low, high) - (a + b) / 2) * 1e-3
        cuts.append(low + int(np.argmin(window)))
    cuts.append(len(columns))
    found: list[tuple[int, int]] = []
    for start, end in pairwise(cuts):
        inked = np.flatnonzero(columns[start:end])
        if len(inked):
            start, end = start + int(inked[0]), start + int(inked[-1]) + 1
        found.append((x0 + start, x0 + max(end, start + 1)))
    return found


def triangle_in(ink: Pixels) -> str:
    """Return △ or ▲ if what a picture of ink holds is such a triangle, else "".

    Its rows grow evenly from an apex to a foot that is inked from end to end (A and 人 have none), and it is empty
    within, or full (全 is neither).
    """
    ys, xs = np.nonzero(ink)
    if not len(ys):
        return ""
    shape = ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] > 0
    height, width = shape.shape
    if height < 8 or not 0.7 <= width / height <= 1.6:
        return ""
    first, last = shape.argmax(axis=1), width - 1 - shape[:, ::-1].argmax(axis=1)
    rows = np.flatnonzero(shape.any(axis=1))
    if len(rows) < 0.9 * height:
        return ""
    reach = (last - first + 1)[rows] / width
    even = (rows + 1) / height
    leans = np.abs((first + last)[rows] / (width - 1) - 1)
    if (
        np.abs(reach - even).mean() > 0.12
        or leans.mean() > 0.12
        or shape[-max(2, height // 6) :].any(axis=0).mean() < 0.85
    ):
        return ""
    inside = [shape[y, first[y] : last[y] + 1] for y in range(height // 2, round(0.8 * height))]
    filled = float(np.mean(np.concatenate(inside)))
    return "▲" if filled > 0.85 else "△" if filled < 0.65 else ""


def is_dash(width: float, height: float, middle: float, line: float) -> bool:
    """Say whether ink of this size, with its middle so far below the top of a line, is a minus or a hyphen.

    ``line`` is how high the line's ink is.
    """
    return height <= 0.28 * line and width >= max(0.2 * line, 1.5 * height) and 0.25 * line < middle < 0.75 * line


def holds_dash(ink: Pixels, box: tuple[int, int, int, int]) -> bool:
    """Say whether a dash stands apart in the box (pixels) of a letter."""
    x0, y0, x1, y1 = box
    part = ink[y0:y1, x0:x1]
    inked = np.flatnonzero(part.any(axis=0))
    if not len(inked):
        return False
    cuts = np.flatnonzero(np.diff(inked) > 1)
    for a, b in zip(inked[[0, *(cuts + 1)]], inked[[*cuts, len(inked) - 1]], strict=True):
        rows = np.flatnonzero(part[:, a : b + 1].any(axis=1))
        if is_dash(b - a + 1, rows[-1] - rows[0] + 1, (rows[0] + rows[-1] + 1) / 2, y1 - y0):
            return True
    return False


def blobs_of(ink: Pixels) -> list[tuple[int, int, int, int]]:
    """Return the boxes (pixels) of what is connected in a picture of ink, from left to right."""
    import cv2

    count, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(ink), connectivity=8)
    found = [tuple(int(v) for v in stats[i][:4]) for i in range(1, count)]
    return sorted((x, y, x + w, y + h) for x, y, w, h in found)
