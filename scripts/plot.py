"""A plot of points with both axes logarithmic, as SVG, on which a fixed cost for each event is a
straight line of slope 1."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 920, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 310, 24, 52
COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8c564b",
          "#1b1b1b", "#6a3d9a"]  # fmt: skip


@dataclass(frozen=True)
class Point:
    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Axis:
    """From one power of ten to another, along pixels that may run either way."""

    least: int
    most: int
    begin: float
    end: float

    @classmethod
    def over(cls, values: list[float], begin: float, end: float) -> Axis:
        least = math.floor(math.log10(min(values)))
        most = max(math.ceil(math.log10(max(values))), least + 1)
        return cls(least, most, begin, end)

    def at(self, value: float) -> float:
        part = (math.log10(value) - self.least) / (self.most - self.least)
        return self.begin + part * (self.end - self.begin)


def plot(series: dict[str, list[Point]], x_title: str, y_title: str) -> str:
    """Each series as points, with the line of its median cost for each event."""
    every = [point for points in series.values() for point in points]
    if not every:
        raise ValueError("there is nothing to plot")
    x_axis = Axis.over([point.x for point in every], LEFT, WIDTH - RIGHT)
    y_axis = Axis.over([point.y for point in every], HEIGHT - BOTTOM, TOP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *grid(x_axis, y_axis),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_title, "middle"),
        f'<g transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)">'
        f"{text(0, 0, y_title, 'middle')}</g>",
    ]
    # The most expensive comes first, in the plot and in its key.
    costs = {
        name: statistics.median(point.y / point.x for point in points)
        for name, points in series.items()
    }
    order = sorted(series, key=lambda name: -costs[name])
    for number, name in enumerate(order):
        color = COLORS[number % len(COLORS)]
        lines += draw(series[name], costs[name], color, x_axis, y_axis)
        y = TOP + 18 + 24 * number
        x = WIDTH - RIGHT + 24
        lines.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{color}"/>')
        lines.append(text(x + 14, y, f"{name}: {nanoseconds(costs[name])}", "start"))
    return "\n".join([*lines, "</svg>", ""])


def grid(x_axis: Axis, y_axis: Axis) -> list[str]:
    lines = []
    for power in range(x_axis.least, x_axis.most + 1):
        x = x_axis.at(10.0**power)
        lines.append(stroke((x, y_axis.begin), (x, y_axis.end), "#dddddd"))
        lines.append(text(x, y_axis.begin + 20, f"{10**power:,}", "middle"))
    for power in range(y_axis.least, y_axis.most + 1):
        y = y_axis.at(10.0**power)
        lines.append(stroke((x_axis.begin, y), (x_axis.end, y), "#dddddd"))
        lines.append(text(x_axis.begin - 8, y + 4, f"{10.0**power:g} s", "end"))
    return lines


def draw(points: list[Point], cost: float, color: str, x_axis: Axis, y_axis: Axis) -> list[str]:
    xs = [point.x for point in points]
    # The line ends at the edge of the plot.
    begin = max(min(xs), 10.0**y_axis.least / cost)
    end = min(max(xs), 10.0**y_axis.most / cost)
    ends = [(x_axis.at(x), y_axis.at(cost * x)) for x in (begin, end)]
    lines = [stroke(*ends, color, ' stroke-width="1.5"')] if begin < end else []
    for point in points:
        lines.append(
            f'<circle cx="{x_axis.at(point.x):.1f}" cy="{y_axis.at(point.y):.1f}" r="4" '
            f'fill="{color}"><title>{escape(point.name)}</title></circle>'
        )
    return lines


def stroke(begin: tuple[float, float], end: tuple[float, float], color: str, more: str = "") -> str:
    (x1, y1), (x2, y2) = begin, end
    places = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {places} stroke="{color}"{more}/>'


def text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def nanoseconds(seconds: float) -> str:
    return f"{seconds * 1e9:.0f} ns" if seconds < 1e-5 else f"{seconds * 1e6:.0f} µs"
