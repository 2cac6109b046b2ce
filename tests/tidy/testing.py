"""Rules of tests."""
import re

from rule import rule

# What tests/unit/FOLDER is about.
FOLDERS = {'auth': 'auth', 'bench': 'bench', 'console': 'console',
           'proto': 'proto', 'reactor': 'reactor', 'wire': 'proto/wire'}
ALONE = ('auth', 'reactor', 'wire')  # stories are told of the others


@rule('Who changes a file finds its test by its name.',
      {'reactor/conn.c': '', 'bench/report/report.c': '', 'proto/hub.h': '',
       'tests/unit/reactor/conn.c': '', 'tests/unit/reactor/conn_close.c': '',
       'tests/unit/bench/report.c': '', 'tests/unit/proto/hub.c': '',
       'tests/unit/reactor/connection.c': 'a <--\n',
       'tests/unit/other/conn.c': 'a <--\n', 'tests/unit/auth/kit.c': '',
       'tests/unit/auth/kit.h': ''})
def test_name(tree):
    modules = {re.sub(r'^(bench|console)/(?:\w+/)?', r'\1/', file.module)
               for file in tree.sources} | {
        'bench/' + '_'.join(file.module.split('/')[1:])
        for file in tree.select('bench/*/*.[ch]')}
    for file in tree.select('tests/unit/*.c'):
        if file.module + '.h' in tree.files:
            continue  # tests share it
        folder = file.folder[len('tests/unit/'):]
        words = file.name.removesuffix('.c').split('_')
        names = ['_'.join(words[:count]) for count in range(1, len(words) + 1)]
        if not any(f'{FOLDERS.get(folder)}/{name}' in modules
                   for name in names):
            yield file.path, 1, 'no file has what its name says'


@rule('A part that stands alone fails alone, and its test says so first.',
      {'auth/table.c': '', 'reactor/conn.c': '', 'proto/hub.c': '',
       'auth/table_change.c': 'a <--\n', 'proto/wire/line.c': 'a <--\n',
       'tests/unit/auth/table.c': '',
       'tests/unit/reactor/conn_close.c': ''})
def untested(tree):
    tests = [file.module for file in tree.select('tests/unit/*.c')]
    for short in ALONE:
        for file in tree.server:
            name = f'tests/unit/{short}/{file.name.removesuffix(".c")}'
            if file.is_c and file.folder == FOLDERS[short] and not any(
                    test == name or test.startswith(name + '_')
                    for test in tests):
                yield file.path, 1, f'there is no {name}.c'


@rule('A test that sleeps is slow on a fast machine and fails on a slow one.',
      {'tests/flow/basics/chat.c': 'nanosleep(&pause, NULL); <--\n'
       'poll(NULL, 0, 20); <--\npoll(&fd, 1, 20);\n',
       'tests/sim/main.c': 'usleep(20); <--\n'})
def sleep_in_test(tree):
    for file in tree.select('tests/*.c', 'tests/*.h'):
        for number, line in enumerate(file.code_lines, 1):
            found = re.search(
                r'\b(?:nano|u)?sleep\(|\bpoll\(NULL, 0, ', line)
            if found:
                yield file.path, number, found[0]


@rule('How long something takes is a machine\'s, and fails on a slow one.',
      {'tests/flow/basics/chat.c':
       'cr_assert_lt(harness_now_ms() - start_ms, 500); <--\n'
       'cr_expect_leq(took_ms, 500); <--\n'
       'cr_assert_geq(harness_now_ms() - start_ms, 500);\n'
       'cr_assert_lt(harness_now_ms(), deadline_ms, "late");\n'})
def timed_assertion(tree):
    for file in tree.select('tests/*.c'):
        for number, line in enumerate(file.code_lines, 1):
            if 'DEADLINE' not in line and re.search(
                    r'cr_\w+_(lt|leq)\((\w+_now_\ws\(\) -|(\w+\.)?'
                    r'(took|used|elapsed|spent|past|worst|let_in)_\ws\b)',
                    line):
                yield file.path, number, 'an upper bound of time'


@rule('Two runs at once must not want the same port.',
      {'tests/flow/basics/chat.c': 'start("--listen tcp://127.0.0.1:0");\n'
       'start("--listen", "tcp://127.0.0.1:5000"); <--\n'
       'start("--listen=tls://[::1]:0");\n'
       'fails("--listen tcp://192.0.2.1:5000");\n'
       'bench("-c tcp://127.0.0.1:5000");\n'})
def fixed_port(tree):
    for file in tree.select('tests/flow/*.c'):
        for number, line in enumerate(file.lines, 1):
            if re.search(r'--listen[", =]+\w+://'
                         r'((127|0)[.\d]*|\[[^]]*\]):[1-9]', line):
                yield file.path, number, 'a port that is not 0'


def fits(hunk, lines):
    """Is what a hunk takes away, and what it leaves, there?"""
    old = [line[1:] for line in hunk if line[:1] in (' ', '-')]
    return any(lines[at:at + len(old)] == old
               for at in range(len(lines) - len(old) + 1))


@rule('A seeded fault that does not apply proves nothing any more.',
      {'proto/hub.c': 'a\nb\nc\n',
       'tests/faults/fits.patch': 'It.\n\n--- a/proto/hub.c\n'
       '+++ b/proto/hub.c\n@@ -1,2 +1,2 @@\n b\n-c\n+d\n',
       'tests/faults/stale.patch': 'It.\n\n--- a/proto/hub.c\n'
       '+++ b/proto/hub.c\n@@ -1,2 +1,2 @@ <--\n b\n-e\n+d\n',
       'tests/faults/gone.patch': 'It.\n\n--- a/proto/room.c\n'
       '+++ b/proto/room.c\n@@ -1,2 +1,2 @@ <--\n b\n-c\n+d\n'})
def stale_fault(tree):
    for file in tree.select('tests/faults/*.patch'):
        target = None
        for number, line in enumerate(file.lines, 1):
            if line.startswith('--- a/'):
                target = tree.files.get(line[len('--- a/'):])
            elif line.startswith('@@ '):
                hunk = []
                for each in file.lines[number:]:
                    if each.startswith(('@@ ', '--- ', 'diff ')):
                        break
                    hunk.append(each or ' ')
                if not target or not fits(hunk, target.lines):
                    yield file.path, number, 'does not apply'


@rule('What a fault proves is found beside the promise that it breaks.',
      {'tests/README.md': '| known | What. | It. | `it` |\n',
       'tests/faults/known.patch': 'What.\nBreaks: It.\nFound by: it\n\n',
       'tests/faults/new.patch': 'What. <--\nBreaks: It.\nFound by: it\n\n'})
def fault_without_row(tree):
    readme = tree.files.get('tests/README.md')
    for file in tree.select('tests/faults/*.patch'):
        name = file.name.removesuffix('.patch')
        if not readme or f'\n| {name} |' not in '\n' + readme.text:
            yield file.path, 1, 'no row in tests/README.md'
