"""Pictures, drawn by gnuplot: curves with their names at their ends."""

import math
import subprocess

STYLE = "bench/plot/style.gp"  # that of throng-bench --plot
HEIGHT = 500
LEFT, RIGHT, TOP, BOTTOM = 0.09, 0.80, 0.77, 0.135  # of the plot, in parts
LABEL_PIXELS = 19  # from one name to the next
NAME_WIDTH = 0.12
NAME_CLEARANCE = 0.035  # from its middle to a curve that passes

# The style's line types, which all eyes tell apart; grey is the floor's.
LINES = {
    "throng-uring": "lt 1 lw 3.5", "throng-epoll": "lt 6 lw 3.5",
    "redis": "lt 2", "nats": "lt 3", "ngircd": "lt 4",
    "floor-uring": "lc rgb '#57606a' lw 2 pt 7 dt (6,4)",
    "floor-epoll": "lc rgb '#99a2ab' lw 2 pt 7 dt (6,4)",
}
COLOURS = {
    "throng-uring": "lt 1", "throng-epoll": "lt 6", "redis": "lt 2",
    "nats": "lt 3", "ngircd": "lt 4",
    "floor-uring": "rgb '#57606a'", "floor-epoll": "rgb '#99a2ab'",
}


def quoted(words):
    return '"' + words.replace('"', "”") + '"'


class Axis:
    """`ticks` are (text, place); without them there are some."""

    def __init__(self, title, low, high, log=False, ticks=()):
        self.title = title
        self.low = low
        self.high = high
        self.log = log
        self.ticks = ticks

    def part(self, value):
        """Where a value is: 0 at the low end, 1 at the high one."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def command(self, name):
        lines = [f"set {name}range [{self.low}:{self.high}]"]
        if self.log:
            lines.append(f"set logscale {name}")
        if self.ticks:
            ticks = ", ".join(f"{quoted(text.replace('%', '%%'))} {at}"
                              for text, at in self.ticks)
            lines.append(f"set {name}tics ({ticks})")
        return "\n".join(lines)


class Picture:
    """`curves` are (server, name, points); the points are (x, y)."""

    def __init__(self, title, subtitle, x, y, curves):
        self.title = title
        self.subtitle = subtitle
        self.x = x
        self.y = y
        self.curves = [curve for curve in curves if curve[2]]


def decades(values):
    """The ends of a logarithmic axis on which all these are, and its ticks:
    powers of ten, and between them what fits."""
    steps = [factor * 10.0 ** power for power in range(-6, 12)
             for factor in (1, 2, 5)]
    low = max(step for step in steps if step <= min(values) * 1.001)
    high = min(step for step in steps
               if step >= max(values) * 0.999 and step > low * 1.001)
    within = [step for step in steps if low * 0.999 <= step <= high * 1.001]
    if len(within) > 8:
        within = within[-steps.index(low) % 3::3]
    return low, high, [(plain(step), step) for step in within]


def apart(ticks, low, high):
    """Without the texts of ticks that would touch the one behind them, on a
    logarithmic axis."""
    def part(value):
        return math.log(value) / math.log(high / low)
    nexts = [value for _, value in ticks[1:]] + [math.inf]
    return [(text if part(after) - part(value) > 0.08 else "", value)
            for (text, value), after in zip(ticks, nexts)]


def plain(value):
    """A tick's text: 0.01, 10, 1,000."""
    return f"{value:,.0f}" if value >= 1 else f"{value:.6g}"


def spread(places, gap):
    """Moves what is too close apart, as little as it takes, keeping order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    for _ in range(200):
        still = True
        for low, high in zip(order, order[1:]):
            short = gap - (moved[high] - moved[low])
            if short > 1e-6:
                moved[low] -= short / 2
                moved[high] += short / 2
                still = False
        if still:
            break
    return moved


def place(picture, point):
    """Where a point is, in parts of the picture."""
    return (LEFT + (RIGHT - LEFT) * picture.x.part(point[0]),
            BOTTOM + (TOP - BOTTOM) * picture.y.part(point[1]))


def heights(line, left, right):
    """How high a line of places is between these, at both ends and within."""
    found = [y for x, y in line if left <= x <= right]
    for (x0, y0), (x1, y1) in zip(line, line[1:]):
        found += [y0 + (y1 - y0) * (x - x0) / (x1 - x0)
                  for x in (left, right) if x0 < x < x1]
    return found


def clear(y, passing):
    """A height near y that keeps away from what passes by."""
    near = [at for at in passing if abs(at - y) < NAME_CLEARANCE]
    if not near:
        return y
    if y >= sum(near) / len(near):
        return max(near) + NAME_CLEARANCE
    return min(near) - NAME_CLEARANCE


def names(picture):
    """Where each curve's name goes, in parts of the picture: to the right of
    its end. A curve that goes on from there is not written upon, and those
    that end at the same place are spread."""
    lines = [[place(picture, point) for point in points]
             for _, _, points in picture.curves]
    found = {}
    for end in {line[-1][0] for line in lines}:
        group = [i for i, line in enumerate(lines) if line[-1][0] == end]
        passing = [y for line in lines
                   for y in heights(line, end + 0.001, end + NAME_WIDTH)]
        places = spread([clear(lines[i][-1][1], passing) for i in group],
                        LABEL_PIXELS / HEIGHT)
        found.update((i, (end + 0.012, y)) for i, y in zip(group, places))
    return found


def label(words, x, y, style):
    return (f"set label {quoted(words)} at screen {x:.4f},{y:.4f} "
            f"noenhanced front {style}")


def script(picture, path):
    lines = ['ending = "svg"', f"headline = {quoted(picture.title)}",
             f"subline = {quoted(picture.subtitle)}", f"load '{STYLE}'",
             f"set output '{path}'",
             f"set lmargin at screen {LEFT}; set rmargin at screen {RIGHT}",
             f"set tmargin at screen {TOP}; set bmargin at screen {BOTTOM}",
             "set mxtics 1; set mytics 1",
             picture.x.command("x"), picture.y.command("y"),
             label(picture.y.title, 0.025, TOP + 0.05,
                   "font subline_font textcolor rgb faint"),
             label(picture.x.title, (LEFT + RIGHT) / 2, 0.035,
                   "center font subline_font textcolor rgb faint")]
    plots = []
    places = names(picture)
    for i, (server, name, points) in enumerate(picture.curves):
        lines.append(f"$c{i} << END")
        lines += [f"{x} {y}" for x, y in points]
        lines.append("END")
        lines.append(label(name, *places[i], f"textcolor {COLOURS[server]}"))
        plots.append(f"$c{i} with linespoints {LINES[server]} ps 0.45")
    lines.append("plot " + ", \\\n    ".join(plots))
    return "\n".join(lines) + "\n"


def draw(picture, path):
    """Writes an SVG file."""
    subprocess.run(["gnuplot"], input=script(picture, path), text=True,
                   check=True)
