"""`python -m ruil` and the `ruil` command are the same thing: the node's commands, and the simulator's beside them."""

from ruil.node.cli.main import app
from ruil.node.cli.main import main as run
from ruil.simulations.cli import replay, simulate


def main() -> None:
    """Run the command that was typed."""
    app.command(replay)
    app.command(simulate)
    run()


if __name__ == "__main__":
    main()
