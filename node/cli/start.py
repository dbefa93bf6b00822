"""Starting the node, which is `ruil` without a command, and how what goes wrong in any command is said.

Nothing of the other commands is imported here: whoever starts a node waits for its page.
"""

import signal
import sys
from collections.abc import Callable

from ruil import speak
from ruil.node.cli.ask import first_of, post, while_held
from ruil.node.errors import Held, Stopped
from ruil.node.running import find_running
from ruil.node.settings import home, read
from ruil.protocol.errors import Refused, Rejected


def in_words(do: Callable[[], object]) -> None:
    """Run a command; when it can not be done, say why in a sentence and exit with its code."""
    try:
        do()
    except (Refused, Rejected) as why:
        _end(str(why), speak.REFUSED)
    except Stopped as why:
        _end(str(why), why.code)
    except BaseExceptionGroup as group:
        _end_group(group)
    except KeyboardInterrupt:
        sys.exit(130)


def _end_group(group: BaseExceptionGroup[BaseException]) -> None:
    why = first_of(group)
    if isinstance(why, KeyboardInterrupt):
        sys.exit(130)
    if isinstance(why, Refused):
        _end(str(why), speak.REFUSED)
    if isinstance(why, Stopped):
        _end(str(why), why.code)
    raise group


def _end(sentence: str, code: int) -> None:
    if "--json" in sys.argv:
        speak.answer({"schema": "ruil.error.1", "error": sentence, "code": code}, as_json=True, people=lambda _: None)
    speak.complain(sentence)
    sys.exit(code)


def start() -> None:
    """Start the node and open its page; if it runs already, open its page."""
    while_held(_start)


def _start() -> None:
    import webbrowser

    import trio

    folder = home()
    running = find_running(folder)
    if running is not None and (answered := post(running, "login", {})) is not None:
        speak.say(f"The node runs already: {answered['url']}")
        webbrowser.open(answered["url"])
        return
    from ruil.node.app import App as Node  # libp2p and the page cost a second; no other command pays for them

    node = Node(folder, read(folder))

    async def until_told(scope: trio.CancelScope) -> None:
        with trio.open_signal_receiver(signal.SIGTERM) as told:  # as a service manager stops it: with a snapshot kept
            await told.__anext__()
            scope.cancel()

    async def serve() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(until_told, nursery.cancel_scope)
            await nursery.start(node.run)
            speak.say(f"ruil runs. Its page: {node.page.login_url()}")
            speak.say("Stop it with Ctrl-C.")

    try:
        trio.run(serve)
    except BaseExceptionGroup as group:
        why = first_of(group)
        if isinstance(why, Held):  # by a command, or by a node that can not be asked yet
            raise why from None
        raise
