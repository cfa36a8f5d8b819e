"""Functions whose frames change as fast as they can; runs them without end."""
import functools
import itertools
import sys


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


CODE = "for number in range(20): fold(number, number)"
COMPILED = compile(CODE, "<string>", "exec")


def once(turn):
    tree = Tree(4)
    assert len(tree) == len(list(tree)) == 31
    assert tree.depth == 5
    assert down(12) == down(60) == 9
    functools.reduce(fold, delegating(50))
    sorted([7, 3, 9, 1, 8], key=functools.cmp_to_key(compare))
    list(map(lambda number: {key: value for key, value in enumerate(range(number))}, range(9)))
    # Code that is compiled here is freed again as soon as it has run.
    exec(CODE if turn % 32 == 0 else COMPILED)


if __name__ == "__main__":
    print("ready")
    sys.stdout.flush()
    for turn in itertools.count():
        once(turn)
