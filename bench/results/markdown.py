"""Figures and tables as Markdown."""


def figure(value, unit=""):
    """Three digits that count, thousands apart; a dash for what is unknown."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if abs(value) >= 1e6:
        text = f"{value / 1e6:.3g} M" if abs(value) < 1e9 else f"{value:.3g}"
    elif abs(value) >= 1000:
        text = f"{float(f'{value:.3g}'):,.0f}"
    elif abs(value) >= 100:
        text = f"{value:.0f}"
    else:
        text = f"{value:#.3g}".rstrip(".")
        text = text if value else "0"
    return f"{text} {unit}".strip()


def count(value):
    """A whole number, all of it."""
    return f"{value:,.0f}"


def best(values, more=False):
    """The places of the smallest of these, or of the largest; all that look
    the same. None is not compared."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return set()
    top = figure(max(known) if more else min(known))
    return {place for place, value in enumerate(values)
            if value is not None and figure(value) == top}


def table(heads, rows, column="---:"):
    """A table of texts; all but the first column are figures."""
    ruler = ["---"] + [column] * (len(heads) - 1)
    return "\n".join("| " + " | ".join(row) + " |"
                     for row in [heads, ruler] + rows)


def words(heads, rows):
    """A table of words alone."""
    return table(heads, rows, "---")


def compare(view, key, kinds, titles, more=False, step=None, scale=1,
            contest=lambda kind: True):
    """A row for each work, a column for each server that has something; the
    best of those in the contest is bold."""
    columns = [kind for kind in kinds if any(
        view.median(work, kind, key, step) is not None
        for work in view.works())]
    rows = []
    for work in view.works():
        values = [view.median(work, kind, key, step) for kind in columns]
        values = [value and value * scale for value in values]
        winners = best([value if contest(kind) else None
                        for kind, value in zip(columns, values)], more)
        if any(value is not None for value in values):
            rows.append([work] + [
                f"**{figure(value)}**" if place in winners else figure(value)
                for place, value in enumerate(values)])
    return table([""] + [titles[kind] for kind in columns], rows)
