"""Rules of modules: who may include whom."""
import re

from rule import rule

# A file includes its own folder and those of a lower rank. What is listed by
# its file has that rank wherever it stands.
RANKS = {'proto/wire': 0, 'auth': 1, 'reactor': 1, 'proto': 2,
         'console/setting': 3, 'console/server': 4, 'console/admin': 5,
         'console': 6}
RANK_0 = ('proto/limits.h', 'reactor/check.h', 'reactor/hash.h',
          'reactor/list.h', 'reactor/memory.h')
SHARE_MAX = 3  # a third


def rank(path):
    folder = path.rpartition('/')[0]
    return 0 if path in RANK_0 else RANKS.get(folder)


def may_include(file, path):
    folder = path.rpartition('/')[0]
    if file.folder == 'tests' or file.folder.startswith('tests/'):
        return True
    if file.folder not in RANKS:
        return not folder.startswith('tests')
    if rank(path) is None:
        return False
    if folder == file.folder or rank(path) == 0:
        return rank(path) <= rank(file.path)
    return rank(path) < rank(file.path)


@rule('What is below can be read, tested and changed without what is above.',
      {'proto/hub.c': '#include "proto/room.h"\n#include "auth/auth.h"\n'
       '#include "console/setting/options.h" <--\n'
       '#include "tests/kit/harness.h" <--\n',
       'console/setting/value.c': '#include "proto/hub.h"\n'
       '#include "console/server/server.h" <--\n',
       'console/main.c': '#include "console/server/server.h"\n',
       'reactor/conn.c': '#include "auth/auth.h" <--\n'
       '#include "proto/limits.h"\n#include "proto/hub.h" <--\n',
       'proto/wire/line.c': '#include "reactor/conn.h" <--\n'
       '#include "reactor/check.h"\n#include "proto/wire/line.h"\n',
       'reactor/check.h': '#include "reactor/conn.h" <--\n',
       'bench/main.c': '#include "proto/limits.h"\n'
       '#include "tests/kit/harness.h" <--\n'})
def rank_of_include(tree):
    for file in tree.sources:
        for number, path in file.local_includes:
            if not may_include(file, path):
                yield file.path, number, f'includes {path}'


def circles(graph):
    """The groups whose members all lead to each other (Tarjan)."""
    order, low, open_ones, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        open_ones.append(node)
        for to in sorted(graph.get(node, ())):
            if to not in order:
                visit(to)
            if to in open_ones:
                low[node] = min(low[node], low[to])
        if low[node] == order[node]:
            at = open_ones.index(node)
            if len(open_ones) - at > 1:
                found.append(sorted(open_ones[at:]))
            del open_ones[at:]

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


@rule('A header that stands alone is understood alone.',
      {'proto/hub.h': '#include "proto/room.h"\n',
       'proto/room.h': 'int a;\n#include "proto/session.h" <--\n',
       'proto/session.h': '#include "proto/room.h"\n'
       '#include "proto/limits.h"\n',
       'proto/limits.h': ''})
def header_circle(tree):
    graph = {file.path: {path for _, path in file.local_includes}
             for file in tree.headers}
    for group in circles(graph):
        number = next(number for number, path in
                      tree.files[group[0]].local_includes if path in group)
        yield group[0], number, 'circle of headers: ' + ' '.join(group)


def module_of(path):
    """A .c, its header and its _priv.h are one."""
    return path.rpartition('.')[0].removesuffix('_priv')


def modules_of(tree):
    """For each module, the others that it includes."""
    graph = {}
    for file in tree.server + tree.select('bench/*.[ch]'):
        own = module_of(file.path)
        graph.setdefault(own, set()).update(
            module_of(path) for _, path in file.local_includes)
        graph[own].discard(own)
    return graph


@rule('Modules that all need each other are one, in pieces.',
      {'proto/hub.c': '#include "proto/hub.h"\n#include "proto/room.h" <--\n',
       'proto/hub.h': '', 'proto/room.h': '',
       'proto/room.c': '#include "proto/room.h"\n#include "proto/wire/l.h"\n',
       'proto/room_priv.h': '#include "proto/hub.h"\n'})
def module_circle(tree):
    graph = modules_of(tree)
    for group in circles(graph):
        file, number = next(
            (file.path, number) for file in tree.sources
            if module_of(file.path) == group[0]
            for number, path in file.local_includes
            if module_of(path) in group[1:])
        yield file, number, 'circle of modules: ' + ' '.join(group)


@rule('A change of a header that most include is a change of everything.',
      {f'proto/m{i}.c': '#include "proto/all.h"\n#include "proto/leaf.h"\n'
       for i in range(5)} | {
           'proto/all.h': '#include "proto/leaf.h" <--\n',
           'proto/leaf.h': 'int a;\n'})
def header_of_all(tree):
    graph = modules_of(tree)
    graph = {module: others for module, others in graph.items()
             if not module.startswith('bench')}
    for file in tree.server:
        if not file.is_header or not file.local_includes:
            continue
        own = module_of(file.path)
        users = sum(own in others for others in graph.values())
        if users * SHARE_MAX > len(graph):
            yield (file.path, file.local_includes[0][0],
                   f'{users} of {len(graph)} modules include it')


@rule('auth/ has one door: what is behind it can change freely.',
      {'proto/hub.c': '#include "auth/auth.h"\n'
       '#include "auth/table.h" <--\n',
       'auth/auth.c': '#include "auth/table.h"\n',
       'tests/unit/auth/table.c': '#include "auth/table.h"\n'})
def door_of_auth(tree):
    for file in tree.sources:
        if file.folder == 'auth' or file.path.startswith('tests/'):
            continue
        for number, path in file.local_includes:
            if path.startswith('auth/') and path not in DOOR_OF_AUTH:
                yield file.path, number, f'includes {path}'


DOOR_OF_AUTH = ('auth/auth.h',)


@rule('A _priv.h is for its folder: others use what is promised.',
      {'proto/web.c': '#include "proto/web_priv.h"\n'
       '#include "reactor/reactor_priv.h" <--\n',
       'tests/unit/proto/web.c': '#include "proto/web_priv.h"\n'})
def private_header(tree):
    for file in tree.sources:
        if file.path.startswith('tests/'):
            continue
        for number, path in file.local_includes:
            if path.endswith('_priv.h') and \
                    path.rpartition('/')[0] != file.folder:
                yield file.path, number, f'includes {path}'


@rule('A header that comes first cannot lean on what stands above it.',
      {'proto/hub.h': '', 'proto/room.h': '',
       'proto/hub.c': '#include "proto/hub.h"\n#include <stdio.h>\n',
       'proto/room.c': '#include <stdio.h> <--\n#include "proto/room.h"\n',
       'proto/session.c': '#include <stdio.h>\n'})
def own_header_first(tree):
    for file in tree.select('*.c'):
        own = tree.files.get(file.module + '.h')
        if not own or not file.includes:
            continue
        number, first = file.includes[0]
        if first.strip('"') not in (own.path, file.module + '_priv.h'):
            yield file.path, number, f'{own.path} does not come first'


@rule('A guard named for its path is nobody else\'s.',
      {'proto/hub.h': '#ifndef PROTO_HUB_H\n#define PROTO_HUB_H\n#endif\n',
       'proto/room.h': '#ifndef ROOM_H <--\n#define ROOM_H\n#endif\n',
       'proto/web.h': 'int a; <--\n'})
def header_guard(tree):
    for file in tree.headers:
        guard = re.sub(r'\W', '_', file.path).upper()
        if f'#ifndef {guard}\n#define {guard}\n' not in file.text:
            lines = [number for number, line in enumerate(file.lines, 1)
                     if line.startswith('#ifndef')]
            yield file.path, lines[0] if lines else 1, f'not {guard}'
