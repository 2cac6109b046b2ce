"""The forms of throng-bench's report agree, whatever the scenario.

usage: bench_forms.py BENCH URL     a server listens at URL

Each scenario runs twice, as text and with --json: both have the same facts and
rows in the same order, what is a number in one is one in the other, and what
does not hang on the clock has the same value. Prints what differs.
"""
import json
import re
import subprocess
import sys

# Each scenario's options here, and the facts that are the same in each run.
SCENARIOS = {
    'lab': ('--clients 6', 'clients threads messages'),
    'echo': ('--clients 3 --requests 5 --warmup 0',
             'peer threads operations clients depth'),
    'fanout': ('--members 4 --publishers 2 --seconds 0.1 --warmup 0',
               'peer threads members publishers window rate bytes slow gaps'),
    'rooms': ('--rooms 2 --members 3 --messages 2',
              'peer threads operations clients rooms members messages '
              'rooms_each window bytes'),
    'latency': ('--members 4 --publishers 2 --askers 2 --rates 50 '
                '--seconds 0.1 --warmup 0',
                'peer threads members publishers askers gaps'),
    'connect': ('--clients 3 --seconds 0.1 --warmup 0',
                'peer threads clients leave'),
    'idle': ('--clients 3', 'peer threads operations clients'),
    'exit': ('--clients 3', ''),
    'register': ('--clients 2 --seconds 0.1 --warmup 0',
                 'peer threads clients batches'),
    'login': ('--clients 3 --seconds 0.1 --warmup 0', 'peer threads clients'),
    'guess': ('--tries 3 --tolerance 1000000', 'tries tolerance_percent'),
    'mixed': ('--clients 10 --rooms 2 --each 1 --seconds 0.3',
              'clients threads rooms rate'),
    'soak': ('--clients 10 --rooms 2 --each 1 --seconds 0.3 --interval 1',
             'clients threads rooms rate'),
}
# Waits for six seconds between its clients' coming and their leaving: here
# nobody can come, so it also shows what a failed run looks like.
REFUSED = {'idle': 'unix:/nowhere'}
ENDING = ('exit',)  # the server, which the others need
COUNTED = ('lab', 'echo', 'rooms', 'idle', 'guess')  # rows' counts never differ
HEAD = ['scenario', 'version', 'time', 'machine', 'target', 'facts', 'rows',
        'failures', 'failure_texts', 'verdict']

wrong = []


def expect(what, got, due):
    if got != due:
        wrong.append(f'{what}: expected {due!r}, got {got!r}')


def value_of(text):
    """What JSON is to have for a text form's value."""
    if text == '-':
        return None
    return json.loads(text) if re.fullmatch(r'-?\d+(\.\d+)?', text) else text


def are_alike(one, other):
    """Numbers, or words; what nothing was measured of is like either."""
    nothing = (None, 'none')
    return (one in nothing or other in nothing or
            isinstance(one, str) == isinstance(other, str))


def pairs_of(line):
    return [(key, value_of(text)) for key, text in
            (word.split('=', 1) for word in line.split())]


def run(bench, scenario, url, *more):
    words = SCENARIOS[scenario][0].split()
    done = subprocess.run([bench, scenario, '-c', url, *words, *more],
                          capture_output=True, text=True, timeout=60)
    if scenario in REFUSED:
        expect(f'{scenario} {more}: status', done.returncode, 1)
    else:
        expect(f'{scenario} {more}: status', (done.returncode, done.stderr),
               (0, ''))
    return done.stdout


def compare(scenario, url, text, report):
    lines = [pairs_of(line) for line in text.splitlines()
             if line.startswith('scenario=')]
    rows, facts = [dict(line) for line in lines[:-1]], lines[-1][1:-1]
    machine = re.search(r'^machine cpus=(\d+) processor="(.*)" kernel="(.*)"$',
                        text, re.M)
    expect(f'{scenario}: members', list(report), HEAD)
    expect(f'{scenario}: itself', report['scenario'], scenario)
    expect(f'{scenario}: target', report['target'], url)
    expect(f'{scenario}: machine', report['machine'],
           {'cpus': int(machine[1]), 'processor': machine[2],
            'kernel': machine[3]})
    expect(f'{scenario}: verdict', 'verdict: ' + report['verdict'],
           text.splitlines()[-1].split(' (')[0].lower())
    expect(f'{scenario}: failures', report['failures'], lines[-1][-1][1])
    expect(f'{scenario}: texts',
           ['failure: ' + said for said in report['failure_texts']],
           re.findall(r'^failure: (?!\.\.\.).*', text, re.M))
    expect(f'{scenario}: facts', list(report['facts']), [f[0] for f in facts])
    for key, value in facts:
        if not are_alike(report['facts'].get(key), value):
            expect(f'{scenario}: {key}', report['facts'].get(key), value)
        if key in SCENARIOS[scenario][1].split():
            expect(f'{scenario}: {key}', report['facts'].get(key), value)
    for of_text, of_json in zip(rows, report['rows'], strict=True):
        expect(f'{scenario}: row', list(of_json), list(of_text)[1:])
        expect(f'{scenario}: step', of_json['step'], of_text['step'])
        if scenario in COUNTED:
            expect(f'{scenario}: {of_json["step"]}', of_json['count'],
                   of_text['count'])
        expect(f'{scenario}: unknown', of_json['p9999_us'] is None,
               of_json['count'] == 0)


def main(bench, url):
    said = subprocess.run([bench, '--help'], capture_output=True, text=True)
    listed = said.stdout.split('Scenarios:\n')[1].split('\n\n')[0]
    expect('scenarios', [line.split()[0] for line in listed.splitlines()],
           list(SCENARIOS))
    for scenario in SCENARIOS:
        if scenario in ENDING:
            continue
        at = REFUSED.get(scenario, url)
        text = run(bench, scenario, at)
        compare(scenario, at, text,
                json.loads(run(bench, scenario, at, '--json')))
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
