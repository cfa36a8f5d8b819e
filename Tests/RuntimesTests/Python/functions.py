# Code objects of modules of the standard library and of some with unusual names: where they are, and what is in them.
import dis
import importlib
import re
import types

MODULES = (
    "argparse", "ast", "asyncio.base_events", "collections", "datetime", "inspect", "json.decoder", "logging",
    "_pydecimal", "subprocess", "threading", "typing", "unittest.case",
)
UNUSUAL = """
def größe(): return [x
    for x in range(3)
    if x]
def 名前(): return lambda: (
    1,

    größe())
def 𐌰𐌱():
    try:
        with open(''
        ) as f:
            yield f
    except OSError: return
    finally:
        print(1)
class Äußeres:
    def inner(self):
        async def deep(): return 1
        return deep
def """ + "n" * 5000 + "():\n    return 1\n" + "\n" * 300 + "x = 1; y = 2\n" + "\n" * 70000 + "def far(): pass\n"


def collect(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from collect(constant)


def lines(code):
    """Pairs of where a range of instructions ends and its line."""
    if hasattr(code, "co_lines"):
        return [[end, line] for start, end, line in code.co_lines() if end > start]
    starts = list(dis.findlinestarts(code)) + [(len(code.co_code), None)]
    return [[after[0], before[1]] for before, after in zip(starts, starts[1:])]


def text(string):
    """Without halves of surrogate pairs, which JSON has no place for."""
    return string and re.sub("[\ud800-\udfff]", "\ufffd", string)


def description(code):
    return {
        "address": id(code), "name": text(code.co_name), "qualifiedName": text(getattr(code, "co_qualname", None)),
        "fileName": text(code.co_filename), "firstLine": code.co_firstlineno, "byteCount": len(code.co_code),
        "start": list(code.co_code[:2]), "lines": lines(code),
    }


sources = [(UNUSUAL, "/srv/größe/\u202eyp.\x1b[31m\udcff")]
for module in MODULES:
    path = importlib.import_module(module).__file__
    with open(path, encoding="utf-8") as file:
        sources.append((file.read(), path))
codes = [code for source, path in sources for code in collect(compile(source, path, "exec"))]
facts = {"codeType": id(types.CodeType), "codes": [description(code) for code in codes]}
