"""The files of a tree, and what a rule asks of them: lines, includes, code
without its comments, functions, what headers declare."""
import fnmatch
import os
import re
from collections import namedtuple
from functools import cached_property
from pathlib import Path, PurePosixPath

FOLDERS = ('.ci', 'auth', 'bench', 'console', 'proto', 'reactor', 'tests')
AT_TOP = ('LICENSE', 'Makefile')
LEFT_OUT = ('corpus', 'node_modules', '__pycache__')
NOT_TEXT = ('.png', '.svg', '.dict')

COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL)
DIRECTIVE = re.compile(r'^[ \t]*#(?:\\\n|[^\n])*', re.MULTILINE)
ATTRIBUTE = re.compile(r'__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)')

# first: the line of its name or type; body: the numbers of the lines between
# its braces; head: all before them, on one line.
Function = namedtuple('Function', 'first body head')
Declaration = namedtuple('Declaration', 'name first is_inline')


def blank(text):
    return re.sub(r'[^\n]', ' ', text)


class File:
    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.folder, self.name = os.path.split(path)
        self.is_header = path.endswith('.h')
        self.is_c = path.endswith('.c')

    @property
    def module(self):
        """A .c file and its header are one."""
        return self.path.rsplit('.', 1)[0]

    @cached_property
    def lines(self):
        return self.text.removesuffix('\n').split('\n')

    @cached_property
    def code(self):
        """Every comment and what is in quotes blank, each line in its place."""
        return COMMENT_OR_STRING.sub(
            lambda m: blank(m[0]) if m[0].startswith('/')
            else m[0][0] + blank(m[0][1:-1]) + m[0][0], self.text)

    @cached_property
    def code_lines(self):
        return self.code.removesuffix('\n').split('\n')

    @cached_property
    def plain(self):
        """The same without the preprocessor's lines."""
        return DIRECTIVE.sub(lambda m: blank(m[0]), self.code)

    @cached_property
    def words(self):
        return set(re.findall(r'\w+', self.code))

    @cached_property
    def includes(self):
        """(line, name), the name with its quotes or brackets."""
        found = []
        for number, line in enumerate(self.lines, 1):
            form = re.match(r'#\s*include\s+("[^"]+"|<[^>]+>)', line)
            if form:
                found.append((number, form[1]))
        return found

    @cached_property
    def local_includes(self):
        """(line, path) of the tree's own headers."""
        return [(number, name[1:-1]) for number, name in self.includes
                if name.startswith('"') and name.endswith('.h"')]

    @cached_property
    def functions(self):
        """What has a body: its braces stand alone in column 0, as clang-format
        has them."""
        found = []
        lines = self.plain.split('\n')
        opened = None
        for i, line in enumerate(lines):
            if line.rstrip() == '{':
                opened = i
            elif line.startswith('}') and opened is not None:
                first = opened
                while first > 0 and lines[first - 1].strip() and \
                        not lines[first - 1].rstrip().endswith((';', '}')):
                    first -= 1
                head = ' '.join(part.strip() for part in lines[first:opened])
                if '(' in head:
                    found.append(
                        Function(first + 1, range(opened + 2, i + 1), head))
                opened = None
        return found

    @cached_property
    def declarations(self):
        """The functions that a header has, inline ones too."""
        found = []
        start = depth = 0
        head = ''
        for i, letter in enumerate(self.plain):
            if letter == '{':
                head = head if depth else self.plain[start:i]
                depth += 1
            elif letter == '}':
                depth -= 1
                if depth == 0 and ')' in head:
                    found.append(self.declaration(start, head, True))
                    start = i + 1
            elif letter == ';' and depth == 0:
                found.append(
                    self.declaration(start, self.plain[start:i], False))
                start = i + 1
        return [each for each in found if each]

    def declaration(self, start, text, is_inline):
        head = ATTRIBUTE.sub('', text)
        form = re.match(r'[\w\s*]*?(\w+)\s*\((?!\s*\*)', head)
        if not form or re.match(r'\s*(typedef|_Static_assert)\b', head):
            return None
        at = start + len(text) - len(text.lstrip())
        return Declaration(form[1], self.text.count('\n', 0, at) + 1,
                           is_inline)


class Tree:
    def __init__(self, texts, others=()):
        self.files = {path: File(path, text)
                      for path, text in sorted(texts.items())}
        self.paths = {*self.files, *others}  # what a text may name
        for path in list(self.paths):
            self.paths.update(map(str, PurePosixPath(path).parents))

    def select(self, *patterns):
        """Files by a shell's patterns of their paths; a star has slashes."""
        return [file for file in self.files.values() if any(
            fnmatch.fnmatch(file.path, pattern) for pattern in patterns)]

    @cached_property
    def sources(self):
        return self.select('*.c', '*.h')

    @cached_property
    def server(self):
        return self.select(*(f'{folder}/*.[ch]' for folder in
                             ('auth', 'console', 'proto', 'reactor')))

    @cached_property
    def headers(self):
        return self.select('*.h')


def read(top):
    """What is written by hand below a folder; not what a server that was tried
    there has left at the top."""
    texts, others = {}, []
    for folder, folders, names in os.walk(top):
        if Path(folder) == top:
            folders[:] = FOLDERS
            names = [name for name in names if
                     name in AT_TOP or name.endswith('.md')]
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            path = Path(folder, name)
            if path.suffix in NOT_TEXT:
                others.append(str(path.relative_to(top)))
            elif path.is_file():
                texts[str(path.relative_to(top))] = \
                    path.read_text(errors='replace')
    return Tree(texts, others)
