"""Causerie for Python: the generated modules, and the end of the process.

This file is the package's `__init__.py`; beside it are what `causerie-bindgen` writes and the
library. Python does not survive a thread of the SDK's that calls into it while it ends, so the SDK
is shut down before. An app that generates the modules into a package of its own does the same.
"""

import atexit
import sys

from . import causerie_border, causerie_ffi

__all__ = ["causerie_border", "causerie_ffi"]


def _shut_down():
    if not causerie_ffi.shutdown():
        print("causerie: a callback has not returned; the process may be aborted", file=sys.stderr)


atexit.register(_shut_down)
