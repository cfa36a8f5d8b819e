"""meter.py LIBRARY FRAMES: so many Python frames, at whose bottom the main thread watches the clock as meter.c does."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1


def descend(frames):
    if frames > 1:
        descend(frames - 1)
    else:
        library.watch()


ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
library = ctypes.CDLL(sys.argv[1])
library.prepare()
print("ready", flush=True)
descend(int(sys.argv[2]))
library.print_gaps()
