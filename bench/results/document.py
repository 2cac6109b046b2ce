"""RESULTS.md: what it ran on, what must be reached, and each part."""

import markdown
import parts
import servers
import targets

HEAD = """# What was measured

Written by `make bench`, which measures all of this anew in 20 minutes on two
cores (`python3 bench/results --only PART` one part of it). Every delivery and
every answer is checked while it is measured, and no figure is of a run that
failed its check. Servers are measured in turns, round by round; figures are
medians, of as many runs as stand beside the command. Processor time is user and
system, of all of the server's process, whatever core it ran on: of all figures
the one that a busy machine disturbs least. Still, some per cent between two
servers mean nothing. The best of a row is bold, however small its lead.

The floor is [a minimal program](floor/floor.h) that does what the kernel has to
do in any case, and nothing else, in the same rounds. It has one thread, which
no other gets in the way of: where a server is as good, all that it takes is the
kernel's. [README.md](README.md) says what the scenarios ask.

To get a figure again, start the server with its line in
[the table at the end](#servers), and what stands before the command, and give
the command where it listens, as in
`build/throng-bench echo --clients 50 --connect tcp://127.0.0.1:5000`; what
throng-floor is told with `--io` is the engine. For `memory`, `exit` and with
100,000 clients the server is a new one that has done nothing before.
"""


def server_table(kinds, versions):
    rows = []
    for name in kinds:
        kind = servers.KINDS[name]
        words = " ".join(f"'{word}'" if " " in word or not word else word
                         for word in servers.command(name))
        rows.append([kind.title, versions.get(name, ""), f"`{words}`",
                     f"`{' '.join(kind.load)}`" if kind.load else ""])
    return markdown.words(["server", "version", "started by",
                           "and the generator is told"], rows)


def section(part, view):
    lines = [f"## {part.title}", part.about]
    if part.picture and part.picture(view):
        lines.append(f"![{part.title}](pictures/{part.name}.svg)")
    lines += part.tables(view)
    lines.append(f"How each is got, {view.date}:")
    lines.append(parts.commands(view))
    return "\n\n".join(lines)


def write(all_parts, views):
    shown = [part for part in all_parts if part.name in views]
    kinds = [kind for kind in servers.KINDS if any(
        kind in views[part.name].servers() for part in shown)]
    machines = dict.fromkeys(views[part.name].machine for part in shown)
    versions = {}
    for part in shown:
        versions.update(views[part.name].versions)
    commits = dict.fromkeys(views[part.name].commit for part in shown)
    sections = [HEAD.strip(), f"Machine: {'; '.join(machines)}. "
                f"Commit: {', '.join(commits)}."]
    failed = [text for part in shown for text in views[part.name].failed]
    if failed:
        sections.append("**These runs have failed:**\n\n" + "\n".join(
            f"- {text}" for text in failed))
    sections += ["## What must be reached", targets.table(views)]
    sections += [section(part, views[part.name]) for part in shown]
    sections += ["## Servers", server_table(kinds, versions),
                 "Configurations of NATS and ngircd: "
                 "[servers.py](results/servers.py)."]
    return "\n\n".join(sections) + "\n"
