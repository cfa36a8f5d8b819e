"""The table of results."""

import unicodedata
from dataclasses import asdict, dataclass

import figures

# The failure of a row whose figure is smaller than what runs differ by.
HIDDEN_BY_NOISE = "lost in the noise"


@dataclass
class Row:
    measure: str
    case: str
    tool: str
    value: float | None = None
    high: float | None = None
    """The 99th percentile, in the unit of the value; of fewer than a hundred the largest."""
    unit: str = "seconds"
    remark: str = ""
    failure: str | None = None

    def __post_init__(self):
        # Of a share, a difference between runs can be below 0 by chance; a time, a size or a count can't.
        if self.value is not None and self.value < 0 and self.unit != "share":
            self.value, self.failure = None, HIDDEN_BY_NOISE

    def cells(self, of_sonde):
        if self.failure is not None or self.value is None:
            return [self.measure, self.case, self.tool, "failed", "", "", self.failure or self.remark]
        show = {"seconds": figures.duration, "bytes": figures.size, "share": figures.percent,
                "count": figures.count}[self.unit]
        # A ratio of shares would say little, and a difference at the noise's level has no ratio.
        has_ratio = self.unit not in ("share", "count") and self.tool not in ("sonde", "none") and (of_sonde or 0) > 0
        return [
            self.measure, self.case, self.tool, show(self.value), "" if self.high is None else show(self.high),
            figures.ratio(self.value / of_sonde) if has_ratio and self.value > 0 else "", self.remark]


HEAD = ["Measure", "Case", "Tool", "Median", "99 %", "÷ sonde", "Remark"]
RIGHT = {3, 4, 5}


def text(rows):
    of_sonde = {(row.measure, row.case): row.value for row in rows if row.tool == "sonde"}
    return aligned([HEAD] + [row.cells(of_sonde.get((row.measure, row.case))) for row in rows], RIGHT)


def aligned(cells, right):
    """Lines of cells, the first the head, as a Markdown table; the columns in `right` are flush right."""
    cells = [[cell.replace("|", "/") for cell in line] for line in cells]
    widths = [max(map(_width, column)) for column in zip(*cells)]
    lines = [_line(line, widths, right) for line in cells]
    rule = ["-" * (width - 1) + ":" if index in right else "-" * width for index, width in enumerate(widths)]
    return "\n".join([lines[0], _line(rule, widths, right), *lines[1:]])


def as_json(rows):
    return [asdict(row) for row in rows]


def _line(cells, widths, right):
    padded = []
    for index, (cell, width) in enumerate(zip(cells, widths)):
        space = " " * (width - _width(cell))
        padded.append(space + cell if index in right else cell + space)
    return "| " + " | ".join(padded) + " |"


def _width(cell):
    return sum(0 if unicodedata.combining(character) else 1 for character in cell)
