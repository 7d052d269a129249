"""What the processes of `manage.py serve` are to each other."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(signum: int = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent dies, however it dies (Linux, prctl(2)).

    Elsewhere nothing happens: there a killed parent leaves its children running.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
