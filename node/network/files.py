"""Open files: every link is one, and a system gives a process only so many. Links take what is there, and no more."""

import logging
from dataclasses import replace
from typing import Final

from ruil.node.network.limits import NetworkLimits

log = logging.getLogger("ruil.network")

OTHER_FILES: Final = 96  # the databases, the page and its readers, the log, Python's own
_WANTED: Final = 4_096  # what we raise a soft limit to, where the hard one allows it: macOS begins with 256


def files_allowed() -> int:
    """Raise this process's soft limit to what we may need; how many files it may have open then."""
    try:
        import resource
    except ImportError:  # Windows counts sockets apart, and without such a limit
        return _WANTED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _WANTED if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as why:  # macOS has a second limit below the hard one
        log.info("the limit of open files stays at %d: %s", soft, why)
        return soft
    return wanted


def fitted(limits: NetworkLimits, files: int) -> NetworkLimits:
    """The same limits, or fewer links, handshakes and dials, where a process may not have as many files open."""
    spare = max(12, files - OTHER_FILES)
    if spare >= limits.neighbours_max + limits.handshakes_max + limits.dials_max:
        return limits
    fewer = replace(
        limits,
        neighbours_max=min(limits.neighbours_max, spare // 2),
        neighbours_chosen=min(limits.neighbours_chosen, spare // 4),
        handshakes_max=min(limits.handshakes_max, spare // 4),
        dials_max=min(limits.dials_max, spare // 4),
    )
    log.warning("only %d files may be open at once: at most %d neighbours", files, fewer.neighbours_max)
    return fewer
