"""Ctrl-C and a request to end, held back until the session is between two decisions.

A signal comes at any instruction: also between a line of the record and what is remembered of it. So it is
noted when it comes, and raised where the loop asks for it; the release that follows is not cut short by more.
"""

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

HELD_S = 30.0
"""A signal this long after the first is not held any more (wall clock): a driver that hangs can be left.
It is twice the longest release.
"""
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class HeldSignals:
    """Holds SIGINT, SIGTERM and SIGHUP while a session runs.

    Only where Python's own handling is in force, and only in the main thread, which is the one that gets
    them: a handler that somebody else has set stays, and so does a signal that is ignored.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._first: int | None = None
        self._first_s = 0.0

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            own = (signal.SIG_DFL, signal.default_int_handler)
            for number in (signal.Signals[name] for name in _NAMES if hasattr(signal, name)):
                if signal.getsignal(number) in own:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in reversed(self._before.items()):  # Ctrl-C last: it may raise at once
            signal.signal(number, handler)
        if kind is None:
            self.raise_if_any()

    def raise_if_any(self) -> None:
        """Raise what was held back: KeyboardInterrupt for Ctrl-C, SystemExit for the others."""
        held = self._first  # looked at once: another may come between two lines
        if held == signal.SIGINT:
            raise KeyboardInterrupt
        if held is not None:
            raise SystemExit(128 + held)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._first is None:
            self._first, self._first_s = number, time.monotonic()
        elif time.monotonic() - self._first_s > HELD_S:
            self.raise_if_any()
