"""What the processes of `manage.py serve` are to each other."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def hear_parent_alone() -> None:
    """Let this process end by its parent's word only: when the parent asks for it, and when the parent dies.

    Ctrl+C goes to the whole process group of a terminal. granian's worker would hear it twice, from there and
    from its parent, and hang on the second time; so it leaves the group. That it ends when the parent is
    killed is Linux's doing (prctl(2)); elsewhere a killed parent leaves its children running.
    """
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
