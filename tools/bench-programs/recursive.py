"""recursive.py FRAMES sleep | spin: so many Python frames, at whose bottom it sleeps or computes."""

import ctypes
import signal
import sys
import time

PR_SET_PDEATHSIG = 1


def sleep_at_bottom():
    while True:
        time.sleep(3600)


def spin_at_bottom():
    total = 0
    while True:
        for number in range(1000):
            total += number * number


def descend(frames, bottom):
    if frames > 1:
        descend(frames - 1, bottom)
    else:
        bottom()


ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
print("ready", flush=True)
descend(int(sys.argv[1]), {"sleep": sleep_at_bottom, "spin": spin_at_bottom}[sys.argv[2]])
