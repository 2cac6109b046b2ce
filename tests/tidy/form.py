"""Rules of files, lines and functions."""
import re

from rule import rule
from tree import ATTRIBUTE

COLUMNS = (('*.[ch]', 80), ('*.def', 80), ('*.py', 80), ('*.sh', 80),
           ('.ci/*', 80), ('tests/*/run', 80), ('tests/fuzz/coverage', 80),
           ('*.conf', 80),
           ('*.css', 100), ('*.html', 100), ('*.js', 100), ('*.mjs', 100))
BODY_LINES = 60
PARAMETERS = 5
FILE_LINES = (('*.h', 200), ('*.c', 500), ('*.py', 500), ('*.[jm]js', 500),
              ('*.js', 500), ('README.md', 120))
MARKERS = r'\b(TODO|FIXME|XXX|HACK|todo_handle)\b'
VAGUE = ('util', 'utils', 'misc', 'common', 'helper', 'helpers')
LABELS = ('fail', 'out')


def columns(line):
    return len(line.expandtabs(8))


@rule('Two files stand side by side on a screen, and a change in a mail.',
      {'proto/hub.c': '\t' * 9 + 'is_80();\n' + '\t' * 9 + 'is__81(); <--\n'})
def line_width(tree):
    for pattern, limit in COLUMNS:
        for file in tree.select(pattern):
            for number, line in enumerate(file.lines, 1):
                if columns(line) > limit:
                    yield (file.path, number,
                           f'{columns(line)} columns, {limit} at most')


@rule('What nobody sees makes noise in every later change.',
      {'README.md': 'words\nblanks  <--\n\n <--\n',
       'console/throng.conf': 'no line feed at its end <--',
       'proto/hub.c': 'int\nhub(void)\n{\n        four(); <--\n\tone();\n}\n'})
def blanks(tree):
    for file in tree.files.values():
        if file.name.endswith('.patch'):
            continue
        for number, line in enumerate(file.lines, 1):
            if line != line.rstrip():
                yield file.path, number, 'blanks at its end'
            elif re.match(' {8}.*[^\\\\]$', line) and \
                    file.path.endswith(('.c', '.h')) and \
                    file.code_lines[number - 1].strip():
                yield file.path, number, 'blanks where a tab is meant'
        if file.text and (file.text[-1:] != '\n' or file.lines[-1] == ''):
            yield file.path, len(file.lines), 'does not end in one line feed'


@rule('A function that fits on a screen is read at once.',
      {'proto/hub.c': 'void\nshort(void)\n{\n' + '\tline();\n' * 60 +
       '}\n\nvoid <--\nlong(void)\n{\n' + '\tline();\n' * 61 + '}\n'})
def function_length(tree):
    for file in tree.sources:
        for function in file.functions:
            if len(function.body) > BODY_LINES:
                yield (file.path, function.first,
                       f'{len(function.body)} lines, {BODY_LINES} at most')


@rule('Who calls a function with more has to count commas.',
      {'proto/hub.c': 'void\nfive(int a, int b, int c, int d, int (*e)(int, '
       'int))\n{\n}\n\nvoid <--\nsix(int a, int b, int c, int d, int e, int f)'
       '\n{\n}\n'})
def parameters(tree):
    for file in tree.sources:
        for function in file.functions:
            head = ATTRIBUTE.sub('', function.head)
            commas = re.sub(r'\([^()]*\)', '', head.partition('(')[2])
            count = commas.count(',') + 1
            if count > PARAMETERS and not re.match(r'[A-Z]\w*\(', head):
                yield (file.path, function.first,
                       f'{count} parameters, {PARAMETERS} at most')


@rule('A file has one subject; one that grows beyond this has got another.',
      {'proto/hub.h': 'int a;\n' * 199 + 'int b;\n',
       'proto/room.h': 'int a;\n' * 200 + 'int b; <--\n',
       'proto/room.c': 'int a;\n' * 500 + 'int b; <--\n',
       'README.md': 'words\n' * 120 + 'words <--\nwords\n'})
def file_length(tree):
    for pattern, limit in FILE_LINES:
        for file in tree.select(pattern):
            if len(file.lines) > limit:
                yield (file.path, limit + 1,
                       f'{len(file.lines)} lines, {limit} at most')


@rule('A name that fits everything tells nothing, and all ends up there.',
      {'proto/util.c': 'int a; <--\n', 'proto/hub_misc.c': 'int a; <--\n',
       'proto/utility.c': 'int a;\n'})
def vague_name(tree):
    for file in tree.sources:
        if set(file.name.rsplit('.', 1)[0].split('_')) & set(VAGUE):
            yield file.path, 1, 'named for no thing'


@rule('What is to be done later is an issue, or it is forgotten here.',
      {'proto/hub.c': '/* TODO: more */ <--\nint todo;\n',
       'README.md': 'FIXME <--\n'})
def markers(tree):
    for file in tree.files.values():
        if file.path == 'tests/tidy/form.py':
            continue  # this one has their names
        for number, line in enumerate(file.lines, 1):
            found = re.search(MARKERS, line)
            if found:
                yield file.path, number, found[0]


@rule('A function with two shapes is read twice and tested once.',
      {'reactor/ring.c': '#ifdef A\n#endif\nint\nring(void)\n{\n'
       '#ifdef B <--\n\ta();\n#endif\n}\n'})
def conditional_code(tree):
    for file in tree.sources:
        for function in file.functions:
            for number in function.body:
                if re.match(r'\s*#\s*if', file.code_lines[number - 1]):
                    yield file.path, number, '#if inside a function'


@rule('One way out, which releases in reverse order, can be checked.',
      {'auth/journal.c': 'int\nopen(void)\n{\nout:\n\treturn 0;\n}\n\n'
       'int\nwrite(void)\n{\nagain: <--\n\ta();\nfail:\nout: <--\n'
       '\treturn 0;\n}\n'})
def labels(tree):
    for file in tree.sources:
        for function in file.functions:
            seen = 0
            for number in function.body:
                form = re.match(r'\s*(?!default\b)([a-z_]\w*):(?!:)',
                                file.code_lines[number - 1])
                if not form:
                    continue
                seen += form[1] in LABELS
                if seen > 1 or form[1] not in LABELS:
                    yield file.path, number, f'label {form[1]}'
