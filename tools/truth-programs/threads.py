"""Threads whose frames change and that wait in between, in every way; the first one never waits for another.

Writes to two files of the directory that it is given: on SIGUSR1 faulthandler the frames of all threads, on SIGUSR2
sys._current_frames.
"""
import faulthandler
import itertools
import json
import os
import queue
import signal
import socket
import sys
import threading
import time

import frames

LOCK = threading.Lock()
QUEUE = queue.Queue()
ASKING, ANSWERING = socket.socketpair()
PAUSE = 0.0007


def pause(value=0):
    time.sleep(PAUSE)
    return value


def compute(turn):
    frames.once(turn)
    if turn % 3 == 0:
        pause()


def compute_and_pause(turn):
    frames.once(turn)
    pause()


def hold_lock(turn):
    with LOCK:
        frames.down(20)
        pause()


def pause_in_recursion(turn, depth=40):
    return pause_in_recursion(turn, depth - 1) + 1 if depth else pause()


def pausing_numbers(count):
    for number in range(count):
        yield pause(number)


def delegating(count):
    yield from pausing_numbers(count)


def pause_in_generators(turn):
    return sum(number for number in delegating(4))


def pause_in_callback(turn):
    return sorted([3, 1, 2], key=lambda number: pause(number))


def pause_in_comprehensions(turn):
    return {key: [pause(value) for value in range(2)] for key in range(2)}


def pause_in_class(turn):
    class Local:
        value = pause()
    return Local


def ask(turn):
    ASKING.sendall(b"?")
    ASKING.recv(1)


def answer(turn):
    ANSWERING.recv(1)
    pause()
    ANSWERING.sendall(b"!")


def put(turn):
    pause()
    QUEUE.put(turn)


def get(turn):
    QUEUE.get()


WORKS = (compute, compute_and_pause, hold_lock, hold_lock, pause_in_recursion, pause_in_generators, pause_in_callback,
         pause_in_comprehensions, pause_in_class, ask, answer, put, get)


def thread_number():
    if hasattr(threading, "get_native_id"):
        return threading.get_native_id()
    return int(os.readlink("/proc/thread-self").rpartition("/")[2])


def work(function, numbers):
    numbers[threading.get_ident()] = thread_number()
    for turn in itertools.count():
        function(turn)


def outward(frame):
    while frame:
        code = frame.f_code
        yield os.path.basename(code.co_filename), frame.f_lineno, getattr(code, "co_qualname", code.co_name)
        frame = frame.f_back


def main():
    directory = sys.argv[1]
    traces = open(os.path.join(directory, "traces"), "a")
    answers = os.open(os.path.join(directory, "answers"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def answer_signal(number, frame):
        now, stacks = time.monotonic(), {ident: list(outward(frame)) for ident, frame in sys._current_frames().items()}
        os.write(answers, json.dumps([now, stacks]).encode() + b"\n")

    faulthandler.register(signal.SIGUSR1, file=traces, all_threads=True, chain=False)
    signal.signal(signal.SIGUSR2, answer_signal)
    sys.setswitchinterval(0.002)
    numbers = {threading.get_ident(): os.getpid()}
    for function in WORKS:
        threading.Thread(target=work, args=(function, numbers), daemon=True).start()
    while len(numbers) <= len(WORKS):
        pause()
    print(json.dumps(numbers), flush=True)
    for turn in itertools.count():
        frames.once(turn)
        if turn % 8 == 0:
            pause()


main()
