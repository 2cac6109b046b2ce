"""What a rule is, and the list of all."""
from collections import namedtuple

# name:    as it stands in what is printed, and in exceptions.py
# why:     the sentence that says what it is good for
# check:   takes a tree.Tree, yields (path, line, what is wrong)
# example: {path: text}, a small tree in which the rule finds the lines that
#          end in MARK, and no other
Rule = namedtuple('Rule', 'name why check example')

MARK = ' <--'
RULES = []


def rule(why, example):
    """Makes a rule of a function: its name is the function's."""
    def add(check):
        name = check.__name__.replace('_', '-')
        RULES.append(Rule(name, why, check, example))
        return check
    return add
