"""Rules of documents and of scripts."""
import fnmatch
import itertools
import os
import re

from rule import rule

PROSE_COLUMNS = 130
FOLDERS = 'auth|bench|console|proto|reactor|tests'
SUFFIXES = 'c|h|def|md|py|mjs|js|css|html|conf|service|socket|svg|sh|patch'
FILE_NAME = re.compile(
    rf'(?<![\w/.~-])(?:{FOLDERS})/[\w/.*{{}},\[\]-]*\.(?:{SUFFIXES}|\[\w+\])'
    rf'(?![\w*])')
QUOTED_NAME = re.compile(
    rf'`([\w/.*{{}},\[\]-]+\.(?:{SUFFIXES}|\[\w+\]))(?=[`: ])')
LINK = re.compile(r'\]\((?!https?:|#)([^)#\s]+)')


def prose(file):
    """Lines that a reader's program breaks where it likes: (number, line)."""
    fenced = False
    for number, line in enumerate(file.lines, 1):
        fenced ^= line.startswith('```')
        if not fenced and not line.startswith(('    ', '|', '```', '!')) and \
                'http' not in line:
            yield number, line


@rule('Text is read beside the code, in the same window.',
      {'README.md': 'w' * 130 + '\n' + 'w' * 131 + ' <--\n| ' + 'w' * 140 +
       '\n    ' + 'w' * 140 + '\n'})
def prose_width(tree):
    for file in tree.select('*.md'):
        for number, line in prose(file):
            if len(line) > PROSE_COLUMNS:
                yield (file.path, number,
                       f'{len(line)} columns, {PROSE_COLUMNS} at most')


def spread(name):
    """a{b,c} as ab and ac."""
    parts = re.split(r'\{([^{}]*)\}', name)
    choices = [part.split(',') if i % 2 else [part]
               for i, part in enumerate(parts)]
    return [''.join(choice) for choice in itertools.product(*choices)]


def is_there(tree, file, name):
    """By its path from the top or from the file that names it, or its end."""
    return all(any(fnmatch.fnmatch(path, pattern)
                   for path in tree.paths for pattern in (
                       one, os.path.normpath(f'{file.folder}/{one}'),
                       f'*/{one}'))
               for one in spread(name.rstrip('/')))


@rule('A name that leads nowhere sends its reader looking.',
      {'proto/hub.c': '/* See proto/hub.h and proto/room.h. */ <--\n'
       '/* Made by proto/*.c, proto/{hub,hub}.c. */\n',
       'proto/hub.h': '',
       'README.md': '`hub.c`, `proto/hub.[ch]`, [it](proto/hub.c#a)\n'
       '`room.c` <--\n[it](proto/room.c) <--\n[it](https://a/b.c)\n'
       'mail.c is no name of ours\n'})
def dead_name(tree):
    known = {}
    for file in tree.files.values():
        if file.name.endswith('.patch') or file.name == 'Makefile' or \
                file.folder == 'tests/tidy':
            continue  # lists, and examples
        for number, line in enumerate(file.lines, 1):
            names = FILE_NAME.findall(line)
            if file.name.endswith('.md'):
                names += QUOTED_NAME.findall(line)
                names += LINK.findall(line)
            for name in names:
                key = file.folder, name
                if key not in known:
                    known[key] = is_there(tree, file, name)
                if not known[key]:
                    yield file.path, number, f'there is no {name}'


@rule('A command in a text is tried at once, and has to be there.',
      {'Makefile': 'all: a\nbench test:\n\t@a\n',
       'README.md': '`make`, `make test`, `make bench PARTS=a`\n'
       '    make test\n`make tests` <--\nto make more of it\n'})
def dead_target(tree):
    makefile = tree.files.get('Makefile')
    targets = set(itertools.chain.from_iterable(
        line.split(':')[0].split() for line in
        (makefile.lines if makefile else []) if re.match(r'[a-z][^=]*:', line)))
    for file in tree.select('*.md'):
        for number, line in enumerate(file.lines, 1):
            for name in re.findall(r'(?:`|^    )make ([a-z][\w-]*)', line):
                if name not in targets:
                    yield file.path, number, f'make has no {name}'


@rule('A script that goes on after a failure does the rest to the wrong thing.',
      {'.ci/run': '#!/bin/sh\n# What it does.\nset -eu\na\n',
       'bench/run.sh': '#!/bin/bash <--\na\nset -eu\n',
       'bench/run': '#!/usr/bin/env python3\na\n'})
def careful_script(tree):
    for file in tree.files.values():
        if not re.match(r'#!.*\b(ba|da)?sh\b', file.lines[0]):
            continue
        code = [line for line in file.lines if line and line[0] != '#']
        if not code or not code[0].startswith('set -eu'):
            yield file.path, 1, 'does not begin with set -eu'
