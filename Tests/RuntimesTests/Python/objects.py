# Objects of many kinds: where they are, and what is in them.
import collections
import sys
import threading
import types
import weakref

keep = []


def kept(value):
    keep.append(value)
    return value


# Instances, by how they come to have attributes. Their __dict__ isn't asked for: that would make one.

class Plain:
    def __init__(self, *names):
        for name in names or ("first", "second", "third"):
            setattr(self, name, kept([name]))


class Slots:
    __slots__ = ("a",)


class SlotsAndDict(Slots):
    __slots__ = ("b", "__dict__")


class Tuple(tuple):
    pass


class Int(int):
    pass


class Bytes(bytes):
    pass


class List(list):
    pass


class Dict(dict):
    pass


class Error(Exception):
    pass


def function():
    pass


def with_attributes(instance, **attributes):
    for name, value in attributes.items():
        setattr(instance, name, kept(value))
    return instance


def replaced():
    instance = Plain()
    instance.__dict__ = kept({"other": kept(["other"])})
    return instance


def materialized():
    instance = Plain()
    vars(instance)
    return instance


def removed():
    instance = Plain()
    del instance.second
    return instance


def described(instance, *names):
    kept(instance)
    return [id(instance), [[name, id(getattr(instance, name))] for name in names]]


many = ["attribute%d" % number for number in range(100)]
instances = {
    "plain": described(Plain(), "first", "second", "third"),
    "other order": described(Plain("third", "first"), "third", "first"),
    "many": described(Plain(*many), *many),
    "dictionary made": described(materialized(), "first", "second", "third"),
    "dictionary replaced": described(replaced(), "other"),
    "attribute removed": described(removed(), "first", "third"),
    "slots": described(Slots()),
    "slots and dictionary": described(with_attributes(SlotsAndDict(), a=[1], b=[2], c=[3]), "c"),
    "no attributes": described(SlotsAndDict()),
    "tuple": described(with_attributes(Tuple((1, 2, 3)), x=[1]), "x"),
    "small int": described(with_attributes(Int(1), x=[1]), "x"),
    "large int": described(with_attributes(Int(-(3 ** 200)), x=[1]), "x"),
    "bytes": described(with_attributes(Bytes(b"abc"), x=[1]), "x"),
    "list": described(with_attributes(List([1]), x=[1], y=[2]), "x", "y"),
    "dict": described(with_attributes(Dict(a=1), x=[1]), "x"),
    "exception": described(with_attributes(Error(1), x=[1]), "x"),
    "function": described(with_attributes(function, x=[1]), "x"),
    "object": described(object()),
}

# Dictionaries.
emptied = {number: str(number) for number in range(1000)}
for number in range(990):
    del emptied[number]
dictionaries = {
    "empty": {}, "one": {"a": []}, "cleared": dict.fromkeys("abc"), "numbers": {1: "a", 2: "b"},
    "mixed": {"a": 1, 2: "b", (): None}, "removed": emptied, "ordered": collections.OrderedDict(a=1, b=2),
    "default": collections.defaultdict(list, a=[]),
    "index of two bytes": {str(number): number for number in range(300)},
    "keywords": (lambda **names: names)(a=1, b=2), "globals": dict(globals()),
}
dictionaries["cleared"].clear()
# Its index has four bytes.
long = {"key%d" % number: [number] for number in range(50000)}

# Sets, sequences, weak references.
shrunk = set(range(2000))
for number in range(1990):
    shrunk.discard(number)
collections_of_elements = {
    "empty": set(), "some": set("abcde"), "table of its own": set(range(300)), "mostly removed": shrunk,
}
sequences = {"list": [[], {}, ()], "tuple": ((), [], "x"), "empty list": [], "empty tuple": (), "derived": List("abc")}
referents = [Plain() for _ in range(5)]
weak = weakref.WeakSet(referents)
del referents[2]

# Threads.
done = threading.Event()
ready = threading.Barrier(4)


def wait():
    ready.wait()
    done.wait()


threads = [threading.Thread(target=wait, name=name, daemon=True) for name in ("worker", "größe", "a" * 5000)]
for thread in threads:
    thread.start()
ready.wait()

# Values, and how they are shown.
cycle = []
cycle.append(cycle)
values = [
    (None, "None"), (True, "True"), (False, "False"), (0, "0"), (7, "7"), (-7, "-7"), (2 ** 30, "1073741824"),
    (-(2 ** 59) - 5, "-576460752303423493"), (2 ** 64, "<large int>"), (1.5, "1.5"), (float("nan"), "nan"),
    (1e300, "1e+300"), ("abc", "'abc'"), ("größe 名", "'größe 名'"), ("\x1b\u202e", repr("\x1b\u202e")),
    ("a', 'b\\", repr("a', 'b\\")), ("it's \"x\"\n", repr("it's \"x\"\n")), (b"'\\\n", repr(b"'\\\n")),
    ("\U000e0001\x85", repr("\U000e0001\x85")),
    ("x" * 300, "'" + "x" * 200 + "'…"), (b"a\x00\xff", "b'a\\x00\\xff'"), (b"y" * 300, "b'" + "y" * 200 + "'…"),
    ([], "[]"), ((), "()"), ({}, "{}"), (set(), "set()"), ([1, "a", None], "[1, 'a', None]"), ((1,), "(1,)"),
    ((1, 2), "(1, 2)"), ({"a": [1], 2: ()}, "{'a': [1], 2: ()}"), ({5}, "{5}"),
    (list(range(30)), "[" + ", ".join(map(str, range(20))) + ", … 10 more]"),
    ([1, [2, [3, [4]]]], "[1, [2, [3, …]]]"), (cycle, "[[[…]]]"), (object(), "<object object>"),
    (Plain(), "<__main__.Plain object>"), (List(), "<__main__.List object>"), (Plain, "<type object>"),
    (collections.OrderedDict(), "<collections.OrderedDict object>"), (threading.Lock(), "<_thread.lock object>"),
    (types, "<module object>"), (frozenset(), "<frozenset object>"),
]
wide = [[0] * 20 for _ in range(20)]

facts = {
    "instances": instances,
    "dictionaries": {
        name: [id(value), [[id(key), id(value[key])] for key in value]] for name, value in dictionaries.items()},
    "long": id(long), "last": id(long["key49999"]),
    "sets": {name: [id(value), [id(key) for key in value]] for name, value in collections_of_elements.items()},
    "sequences": {name: [id(value), [id(key) for key in value]] for name, value in sequences.items()},
    "weakSet": id(weak), "referents": [id(value) for value in referents],
    "modules": id(sys.modules), "threads": [[thread.ident, thread.name] for thread in threading.enumerate()],
    "values": [[id(value), shown] for value, shown in values], "wide": id(wide),
    "typeOfTypes": id(type), "codeType": id(types.CodeType), "code": id(wait.__code__),
}
