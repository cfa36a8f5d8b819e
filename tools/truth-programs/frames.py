"""A program whose frames change as fast as they can; writes its frames to the file that it is given, on SIGUSR1."""
import faulthandler
import functools
import signal
import sys

trace = open(sys.argv[1], "a")
faulthandler.register(signal.SIGUSR1, file=trace, all_threads=False, chain=False)


class Tree:
    def __init__(self, depth):
        self.children = [Tree(depth - 1) for _ in range(2)] if depth else []

    def __len__(self):
        return 1 + sum(len(child) for child in self.children)

    def __iter__(self):
        yield self
        for child in self.children:
            for node in child:
                yield node

    @property
    def depth(self):
        return 1 + max((child.depth for child in self.children), default=0)


def down(count):
    if count == 0:
        raise ValueError(count)
    try:
        return down(count - 1)
    except ValueError as error:
        if count % 9 == 0:
            return count
        raise error


def numbers(count):
    total = yield 0
    for number in range(count):
        total = yield number + (total or 0)


def delegating(count):
    yield from numbers(count)
    return count


def fold(left, right):
    return left + right


def compare(left, right):
    return (left > right) - (left < right)


def once():
    tree = Tree(4)
    assert len(tree) == len(list(tree)) == 31
    assert tree.depth == 5
    assert down(12) == 9
    functools.reduce(fold, delegating(50))
    sorted([7, 3, 9, 1, 8], key=functools.cmp_to_key(compare))
    list(map(lambda number: {key: value for key, value in enumerate(range(number))}, range(9)))
    exec("for number in range(20): fold(number, number)")


print("ready")
sys.stdout.flush()
while True:
    once()
