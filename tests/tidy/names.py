"""The rule of names: what documents call by its name in the code is there."""
import re

from rule import rule

SOURCES = ('*.[ch]', '*.def', '*.py', '*.mjs', '*.js', '*/run', 'Makefile')
QUOTED = re.compile(r'`([^`]+)`')
FUNCTION = re.compile(r'(?<![\w>])(\w+)\(\)')
TYPE = re.compile(r'\b(struct|enum|union)\s+(\w+)')
# Not a part of the name of a file or of something in <>; a shell's pattern may
# stand for several.
NAME = re.compile(r'(?<![\w*<>.-])([\w*]*_[\w*]*)(?![\w*<>(-]|\.[\w\[])')


def quoted(file):
    """What stands in `code` within a sentence: (number, text)."""
    fenced = False
    lines = []
    for line in file.lines:
        fenced ^= line.startswith('```')
        is_block = fenced or line.startswith(('    ', '```'))
        lines.append('' if is_block else line)
    sentences = '\n'.join(lines)
    for found in QUOTED.finditer(sentences):
        yield sentences.count('\n', 0, found.start()) + 1, found[1]


class Known:
    def __init__(self, tree):
        files = tree.select(*SOURCES)
        self.code = '\n'.join(file.text for file in files)
        words = set(re.findall(r'\w+', self.code))
        words |= {file.name.partition('.')[0] for file in files}
        self.words = '\n'.join(sorted(words))

    def has_function(self, name):
        """As grep '^name(' finds it, or a macro like one."""
        return re.search(rf'^(#define )?{name}\(', self.code, re.MULTILINE)

    def has_type(self, kind, name):
        return re.search(rf'\b{kind} {name} {{', self.code)

    def has_word(self, pattern):
        form = pattern.replace('*', r'\w*')
        return re.search(rf'^{form}$', self.words, re.MULTILINE)


@rule('A reader looks for a name with grep, and it has to be found.',
      {'proto/hub.c': 'struct hub {\n};\n\nvoid\nhub_say(void)\n{\n'
       '\thub_count();\n}\n',
       'README.md': '`hub_say()` of a `struct hub`, `hub_c*`, `cmd_<verb>()`\n'
       '`hub_hear()` <--\n`hub_count()` <--\n`struct room` <--\n'
       '`room_*` <--\n`some_file.c: hub_hears` <--\nplain_words `hub\n'
       'and` `hub_says` <--\n\n    `in_a_block`\n'})
def dead_word(tree):
    known = Known(tree)
    for file in tree.select('*.md'):
        for number, text in quoted(file):
            for name in FUNCTION.findall(text):
                if not known.has_function(name):
                    yield file.path, number, f'there is no {name}()'
            for kind, name in TYPE.findall(text):
                if not known.has_type(kind, name):
                    yield file.path, number, f'there is no {kind} {name}'
            for name in NAME.findall(text):
                if not known.has_word(name):
                    yield file.path, number, f'there is no {name}'
