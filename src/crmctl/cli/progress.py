"""A progress line on stderr for whatever takes longer than a second; nothing where stderr is no terminal."""

from __future__ import annotations

import threading
from typing import Any

_DELAY_SECONDS = 1.0


class Progress:
    """One line that says what is being done; rich is loaded only once it is needed."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self._timer: threading.Timer | None = None
        self._status: Any = None
        self._lock = threading.Lock()

    def start(self, text: str) -> None:
        """Show this line if it is not stopped within a second."""
        self.stop()
        if self.enabled:
            self._timer = threading.Timer(_DELAY_SECONDS, self._show, [text])
            self._timer.daemon = True
            self._timer.start()

    def _show(self, text: str) -> None:
        from rich.console import Console

        with self._lock:
            if self._timer is not None:
                self._status = Console(stderr=True).status(text)
                self._status.start()

    def pause(self) -> None:
        """Make room for a line of text."""
        if self._status is not None:
            self.stop()

    def stop(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._status is not None:
                self._status.stop()
                self._status = None
