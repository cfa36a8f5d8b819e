"""Compares the tasks of asyncio with what asyncio.all_tasks, Task.get_stack and the chain of what they await show.

The program writes that a little after its stop, so that a task that runs then or before has changed; suspended ones have not.
"""
import collections
import signal

from stopped import NoTruth, Program, dumped, place

ORACLE = "asyncio"


def check(sonde, stops, python, note):
    """Calls note(oracle, outcome, evidence) for each task."""
    number = 0
    while number < stops:
        with Program(python, "tasks.py") as program:
            try:
                while number < stops:
                    number += 1
                    check_stop(sonde, number, program, note)
            except NoTruth:
                note(ORACLE, "without a truth", None)


def check_stop(sonde, number, program, note):
    program.run_shortly(number)
    with program.stopped():
        dump = dumped(sonde, program.pid, "--tasks")
        with program.first_thread_going_on(signal.SIGUSR2):
            answer = program.answer(seconds=2)
    if answer is None:
        raise NoTruth
    # Up to 3.7 tasks have no names: all of them are one group.
    shown, true, reasons = collections.defaultdict(list), collections.defaultdict(list), {}
    changed = {name for name, is_running, _ in answer if is_running}
    for task in dump["tasks"]:
        shown[task["name"]].append([place(frame) for frame in reversed(task["frames"])])
        if task["state"] == "running":
            changed.add(task["name"])
        if task["reason"]:
            reasons[task["name"]] = task["reason"]
    for name, _, functions in answer:
        true[name].append([tuple(function) for function in functions])
    for name in shown.keys() | true.keys():
        outcome = ("without a truth" if name in changed
                   else "equal" if sorted(shown[name]) == sorted(true[name])
                   else "incomplete" if name in reasons else "wrong")
        for _ in range(max(len(shown[name]), len(true[name]))):
            note(ORACLE, outcome, (number, name, reasons.get(name), shown[name], true[name]))
