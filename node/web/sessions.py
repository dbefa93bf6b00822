"""Who may use the page: one-time codes, sessions, and the nonces that let a form sign once.

A code opens a session for a minute; the session lives in a cookie under a random path, because cookies are shared by
all ports of a machine. A nonce belongs to one session and is good for one sending of one form.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

CODE_SECONDS: Final = 60.0
CODES_MAX: Final = 16  # unused codes; an older one is forgotten first
SESSIONS_MAX: Final = 32  # browsers and profiles of one person
NONCES_MAX: Final = 2_048  # per session: more forms than anybody has open in tabs


class Sessions:
    """Codes, sessions and nonces of one run of the page; nothing of it outlives the process."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._codes: OrderedDict[str, float] = OrderedDict()
        self._nonces: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def code(self) -> str:
        """A new one-time code, good for 60 seconds."""
        code = secrets.token_urlsafe(32)
        _keep(self._codes, code, self._seconds() + CODE_SECONDS, CODES_MAX)
        return code

    def enter(self, code: str) -> str | None:
        """The session a code opens; None when it was used, never given, or is too old."""
        until = self._codes.pop(code, None)
        if until is None or self._seconds() > until:
            return None
        session = secrets.token_urlsafe(32)
        _keep(self._nonces, session, OrderedDict(), SESSIONS_MAX)
        return session

    def knows(self, session: str) -> bool:
        """Whether this is a session of ours."""
        return session in self._nonces

    def nonce(self, session: str) -> str:
        """A new nonce for a form shown in this session."""
        nonce = secrets.token_urlsafe(16)
        _keep(self._nonces[session], nonce, None, NONCES_MAX)
        return nonce

    def take(self, session: str, nonce: str) -> bool:
        """Use a nonce up. False when it is not one of this session, or was used before."""
        nonces = self._nonces[session]
        if nonce not in nonces:
            return False
        del nonces[nonce]
        return True


def _keep(kept: OrderedDict[str, T], key: str, value: T, at_most: int) -> None:
    kept[key] = value
    while len(kept) > at_most:
        kept.popitem(last=False)
