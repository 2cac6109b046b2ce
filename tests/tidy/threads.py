"""Rules of what threads share."""
import re

from rule import rule

PLACES = ('reactor/blob.c', 'reactor/blob.h', 'reactor/counters.h',
          'reactor/mailbox.c', 'reactor/mailbox.h')
COMMENT_LINES = 4  # above the order that they are about


@rule('What threads share without a lock is understood in one place.',
      {'reactor/mailbox.c': 'atomic_init(&m->head, NULL);\n',
       'proto/hub.c': 'static _Atomic int count; <--\n'
       '/* atomic_load( */\natomic_store(&count, 1); <--\n'
       '__atomic_add_fetch(&count, 1, 0); <--\nvolatile int a; <--\n'
       'static volatile sig_atomic_t b;\n'})
def atomics_place(tree):
    for file in tree.server:
        if file.path in PLACES:
            continue
        for number, line in enumerate(file.code_lines, 1):
            if re.search(r'\b(_Atomic\b|atomic_\w+\(|__atomic_|__sync_|'
                         r'volatile\b(?! sig_atomic_t))', line):
                yield file.path, number, 'beside the files that have them'


@rule('An order without its partner orders nothing.',
      {'reactor/mailbox.c':
       '/* Release: pairs with mailbox_drain. */\n'
       'atomic_store_explicit(&head, 1,\n    memory_order_release);\n\n\n'
       '/* Published. */\n'
       'atomic_store_explicit(&head, 1, memory_order_release); <--\n'})
def order_without_partner(tree):
    for file in tree.server:
        for number, line in enumerate(file.code_lines, 1):
            if 'memory_order_' not in line:
                continue
            above = file.lines[max(number - 1 - COMMENT_LINES, 0):number]
            if not re.search(r'pairs[\s*]+with', '\n'.join(above).lower()):
                yield (file.path, number, 'no "pairs with" in the '
                       f'{COMMENT_LINES} lines above')


@rule('The strongest order, taken by default, hides which one is meant.',
      {'reactor/mailbox.c': 'atomic_init(&head, 0);\n'
       'atomic_store(&head, 1); <--\n'
       'atomic_store_explicit(&head, 1, memory_order_seq_cst); <--\n'
       'atomic_thread_fence(memory_order_acquire);\n'})
def order_by_default(tree):
    for file in tree.server:
        for number, line in enumerate(file.code_lines, 1):
            if 'memory_order_seq_cst' in line or re.search(
                    r'\batomic_(?!init|thread_fence)\w+(?<!_explicit)\(',
                    line):
                yield file.path, number, 'sequentially consistent'
