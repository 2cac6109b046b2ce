"""Rules of what a header promises, and of what no code may call."""
import re

from rule import rule

# What the standard library has that this house does without, and why.
FORBIDDEN = {
    'alloca': 'a stack has no limit that could be checked',
    'asctime': 'threads share its result',
    'assert': 'it is gone from a release: check()',
    'atof': 'it takes what is no number: strtod()',
    'atoi': 'it takes what is no number: strtoul()',
    'atol': 'it takes what is no number: strtol()',
    'ctime': 'threads share its result',
    'gets': 'it knows no limit',
    'gmtime': 'threads share its result: gmtime_r()',
    'localtime': 'threads share its result: localtime_r()',
    'mktemp': 'somebody may be faster: mkstemp()',
    'popen': 'a shell reads its argument',
    'rand': 'threads share it, and it can be foretold',
    'scanf': 'it reads to the end of the word, not of the room',
    'sleep': 'a thread that sleeps serves nobody',
    'sprintf': 'it knows no limit: snprintf()',
    'srand': 'threads share it',
    'strcat': 'it knows no limit',
    'strncat': 'its limit is not that of the room',
    'strncpy': 'it may write no NUL',
    'strtok': 'threads share it: strtok_r()',
    'system': 'a shell reads its argument',
    'tmpnam': 'somebody may be faster: mkstemp()',
    'usleep': 'a thread that sleeps serves nobody',
    'vsprintf': 'it knows no limit: vsnprintf()',
}
CALL = re.compile(r'(?<![\w.>])(' + '|'.join(FORBIDDEN) + r')\(')


@rule('What a function promises is said where it is declared, once.',
      {'proto/hub.h': '/* What it is. */\n\n/* Adds. */\nint hub_add(int a,\n'
       '    int b);\nint hub_remove(int a);\n\nint hub_count(void); <--\n\n'
       '#if A\nstatic inline int <--\nhub_is(void)\n{\n\treturn 1;\n}\n'
       '\nstruct hub {\n\tvoid (*on_end)(int a);\n};\n'
       'typedef int hub_call(int a);\n'})
def documented(tree):
    for file in tree.headers:
        for declared in file.declarations:
            if not has_comment(file, declared.first):
                yield file.path, declared.first, f'{declared.name}: no comment'


def has_comment(file, number):
    """Right above, or above the group in which it stands: one that no empty
    line divides, nor #if."""
    for at in range(number - 2, -1, -1):
        line = file.lines[at]
        if line.endswith('*/') and not file.code_lines[at].strip():
            return True
        if not line or re.match('#(?!define)', line):
            return False
    return False


@rule('What no other file calls is nobody\'s to call: static, or gone.',
      {'proto/hub.h': 'int hub_used(void);\nint hub_unused(void); <--\n'
       'int hub_failed(void);\n#define hub_check() hub_failed()\n',
       'proto/hub.c': 'int\nhub_used(void)\n{\n}\n\nint\nhub_unused(void)\n'
       '{\n\thub_unused();\n}\n\nint\nhub_failed(void)\n{\n}\n',
       'proto/room.c': 'int\nroom(void)\n{\n\thub_used(); /* hub_unused */\n'
       '\thub_check();\n}\n'})
def declared_unused(tree):
    users = {}
    for file in tree.sources:
        for word in file.words:
            users.setdefault(word, []).append(file)
    for header in tree.headers:
        for declared in header.declarations:
            name = declared.name
            others = [file for file in users[name] if file is not header and
                      not re.search(rf'^{name}\(', file.plain, re.MULTILINE)]
            inside = len(re.findall(rf'\b{name}\b', header.code)) > 1
            if not others and not inside:
                yield header.path, declared.first, name


@rule('What one file has of another stands in a header, which both include.',
      {'proto/hub.c': 'extern int room_count; <--\nint room_add(int); <--\n'
       'static int add(int);\nint a;\n\nint\nhub(void)\n{\n}\n'})
def declared_in_source(tree):
    for file in tree.server:
        if not file.is_c:
            continue
        for number, line in enumerate(file.code_lines, 1):
            if re.match(r'extern\b|(?!static|return|typedef|_Static)'
                        r'[a-z][\w ]*[ *]\w+\([^()]*\);', line):
                yield file.path, number, 'a declaration of what is elsewhere'


@rule('Each has a better one, and a reason: see FORBIDDEN.',
      {'proto/hub.c': 'int a = atoi(text); <--\nchar *b = "atoi(text)";\n'
       'int c = my_atoi(text);\n',
       'tests/unit/proto/hub.c': 'int a = atoi(text);\n'})
def forbidden_call(tree):
    for file in tree.server + tree.select('bench/*.[ch]'):
        for number, line in enumerate(file.code_lines, 1):
            for call in CALL.findall(line):
                yield file.path, number, f'{call}(): {FORBIDDEN[call]}'


@rule('What is said to the operator goes by the log or the console: one event, '
      'one line.',
      {'proto/hub.c': 'fprintf(stderr, "a"); <--\nsnprintf(a, 1, "b");\n'
       'perror("c"); <--\n', 'console/main.c': 'printf("a");\n'})
def said_past_the_log(tree):
    for file in tree.select('auth/*.[ch]', 'proto/*.[ch]', 'reactor/*.[ch]'):
        for number, line in enumerate(file.code_lines, 1):
            found = re.search(
                r'\b(v?f?printf|f?puts|putchar|perror|syslog)\(', line)
            if found:
                yield file.path, number, f'{found[1]}()'


@rule('The table of commands is the protocol: what is beside it is not seen.',
      {'proto/commands.def': 'COMMAND(JOIN, join, 1)\n',
       'proto/session.c': 'if (strcmp(verb, "join") == 0) <--\n'
       'if (strcmp(word, "since") == 0)\n'})
def verb_by_name(tree):
    table = tree.files.get('proto/commands.def')
    verbs = set(re.findall(r'^\w+\(\w+, (\w+)', table.text, re.MULTILINE)) \
        if table else set()
    for file in tree.select('proto/*.[ch]'):
        for number, line in enumerate(file.lines, 1):
            for word in re.findall(r'(?:cmp|equals|is)\([^;]*?"/?(\w+)"',
                                   line):
                if word in verbs:
                    yield file.path, number, f'"{word}" is compared'
