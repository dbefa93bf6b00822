"""A node as `ruil` runs it, with a network that loses patience within seconds, so that no test waits for minutes, and
that dials only whom it was told of, so that a wire that is cut parts it from the others."""

import trio

from ruil.node.app import App
from ruil.node.network import NetworkLimits
from ruil.node.settings import home, read

HASTY = NetworkLimits(
    ping_seconds=0.5,
    quiet_seconds=0.5,
    handshake_seconds=2,
    stream_seconds=2,
    probe_seconds=1,
    redial_last_seconds=0.5,
    close_seconds=0.5,
    book_targets=0,
)


async def _serve() -> None:
    node = App(home(), read(home()), HASTY)
    async with trio.open_nursery() as nursery:
        await nursery.start(node.run)
        print(f"ruil runs. Its page: {node.page.login_url()}", flush=True)


def main() -> None:
    """Until killed."""
    trio.run(_serve)


if __name__ == "__main__":
    main()
