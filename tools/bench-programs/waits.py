"""waits.py LIBRARY [TIMEOUT_MILLISECONDS]: what waits.c does, in threads of CPython.

The library counts: Python itself repeats a call that was interrupted (PEP 475), and so hides the EINTR.
"""

import ctypes
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1
CALLS = 6


def wait_in(call):
    library.wait_in(call)


def compute_at_times():
    library.compute_at_times()


ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
library = ctypes.CDLL(sys.argv[1])
library.prepare(ctypes.c_long(int(sys.argv[2]) if len(sys.argv) > 2 else 500))
for number in range(CALLS):
    threading.Thread(target=wait_in, args=(number,), daemon=True).start()
threading.Thread(target=compute_at_times, daemon=True).start()
library.report_on_request()
