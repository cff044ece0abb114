"""A chart of lines, as SVG and as PNG: the same strokes and words drawn twice."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 720, 480
LEFT, RIGHT, TOP, BOTTOM = 80, 24, 44, 64
COLOURS = ("#1f5fa8", "#c0392b", "#2c7a4b", "#8e5aa8", "#b9770e", "#4a4a4a", "#0e8a8a", "#a83279")
"""Told apart in print and by most who see few colours; after the last they begin again."""
SCALE = 2
"""The PNG has so many times the SVG's points, to be sharp."""
TICKS = 5


class Series(NamedTuple):
    """One line: its name and its points in the chart's units, in order; `dots` draws the points alone."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


class Axis(NamedTuple):
    """What is measured along one side, from where to where, and in how many steps that is written."""

    label: str
    low: float
    high: float
    steps: int = TICKS

    def place(self, value: float) -> float:
        """Where a value lies between the ends: 0 to 1."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Values that are written along it."""
        return [self.low + (self.high - self.low) * n / self.steps for n in range(self.steps + 1)]


class _Stroke(NamedTuple):
    points: list[tuple[float, float]]
    colour: str
    width: float


class _Dot(NamedTuple):
    at: tuple[float, float]
    colour: str


class _Word(NamedTuple):
    text: str
    at: tuple[float, float]
    size: int
    anchor: str  # as Pillow has it: l, m or r, then m
    colour: str = "#222222"
    halo: bool = False  # stands out from whatever lies under it


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines in a frame.

    Args:
        title: above it; in English, since no font with Chinese can be counted on.
        across, up: the axes.
        series: the lines.
        names_above: the names of the lines stand in the upper corner on the right; otherwise in the lower one.
    """

    title: str
    across: Axis
    up: Axis
    series: Sequence[Series]
    names_above: bool = False

    def svg(self) -> str:
        """The chart as an SVG document."""
        parts = [_svg(part) for part in self._parts()]
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">'
        return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *parts, "</svg>\n"])

    def png(self) -> bytes:
        """The chart as a PNG image."""
        image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), "white")
        draw = ImageDraw.Draw(image)
        for part in self._parts():
            _paint(draw, part)
        content = io.BytesIO()
        image.save(content, format="PNG")
        return content.getvalue()

    def _parts(self) -> Iterator[_Stroke | _Dot | _Word]:
        yield from self._frame()
        for number, series in enumerate(self.series):
            colour = COLOURS[number % len(COLOURS)]
            points = [self._at(x, y) for x, y in series.points]
            if series.dots:
                yield from (_Dot(point, colour) for point in points)
            elif len(points) > 1:
                yield _Stroke(points, colour, 2.0)
        yield from self._names()

    def _names(self) -> Iterator[_Word]:
        top = TOP + 16 if self.names_above else HEIGHT - BOTTOM - 16 - 18 * (len(self.series) - 1)
        for number, series in enumerate(self.series):
            colour = COLOURS[number % len(COLOURS)]
            yield _Word(series.name, (WIDTH - RIGHT - 12, top + 18 * number), 13, "rm", colour, halo=True)

    def _frame(self) -> Iterator[_Stroke | _Word]:
        left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM
        for value in self.across.ticks():
            x = self._at(value, self.up.low)[0]
            yield _Stroke([(x, top), (x, bottom)], "#dddddd", 1.0)
            yield _Word(f"{value:g}", (x, bottom + 14), 12, "mm")
        for value in self.up.ticks():
            y = self._at(self.across.low, value)[1]
            yield _Stroke([(left, y), (right, y)], "#dddddd", 1.0)
            yield _Word(f"{value:g}", (left - 8, y), 12, "rm")
        yield _Stroke([(left, top), (left, bottom), (right, bottom)], "#222222", 1.5)
        yield _Word(self.title, (WIDTH / 2, TOP / 2), 16, "mm")
        yield _Word(self.across.label, ((left + right) / 2, HEIGHT - 18), 13, "mm")
        yield _Word(self.up.label, (LEFT, TOP - 10), 13, "lm")

    def _at(self, x: float, y: float) -> tuple[float, float]:
        across = LEFT + self.across.place(x) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - self.up.place(y) * (HEIGHT - TOP - BOTTOM)


def _svg(part: _Stroke | _Dot | _Word) -> str:
    if isinstance(part, _Stroke):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in part.points)
        return f'<polyline points="{points}" fill="none" stroke="{part.colour}" stroke-width="{part.width}"/>'
    if isinstance(part, _Dot):
        return f'<circle cx="{part.at[0]:.1f}" cy="{part.at[1]:.1f}" r="4" fill="{part.colour}"/>'
    anchor = {"l": "start", "m": "middle", "r": "end"}[part.anchor[0]]
    place = f'x="{part.at[0]:.1f}" y="{part.at[1]:.1f}" dominant-baseline="middle" text-anchor="{anchor}"'
    halo = ' paint-order="stroke" stroke="white" stroke-width="5"' if part.halo else ""
    return f'<text {place} font-size="{part.size}" fill="{part.colour}"{halo}>{escape(part.text)}</text>'


def _paint(draw: ImageDraw.ImageDraw, part: _Stroke | _Dot | _Word) -> None:
    if isinstance(part, _Stroke):
        points = [(x * SCALE, y * SCALE) for x, y in part.points]
        draw.line(points, fill=part.colour, width=max(1, round(part.width * SCALE)), joint="curve")
    elif isinstance(part, _Dot):
        x, y = part.at[0] * SCALE, part.at[1] * SCALE
        draw.ellipse((x - 4 * SCALE, y - 4 * SCALE, x + 4 * SCALE, y + 4 * SCALE), fill=part.colour)
    else:
        font = ImageFont.load_default(part.size * SCALE)
        at, halo = (part.at[0] * SCALE, part.at[1] * SCALE), 2 * SCALE if part.halo else 0
        draw.text(at, part.text, part.colour, font, part.anchor, stroke_width=halo, stroke_fill="white")
