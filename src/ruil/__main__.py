"""`python -m ruil` and the `ruil` command are the same thing: the node's commands, and the simulator's beside them."""

import sys

from ruil import __version__


def main() -> None:
    """Run the command that was typed."""
    if sys.argv[1:] == ["--version"]:  # asked by scripts at every turn: nothing has to be imported to answer
        sys.stdout.write(f"{__version__}\n")
        return
    if not sys.argv[1:]:
        from ruil.node.cli.start import in_words, start

        in_words(start)
        return
    from ruil.node.cli.main import app
    from ruil.node.cli.main import main as run

    app.command("ruil.simulations.cli:replay", name="replay", help="Read a bundle as any node would.")
    app.command("ruil.simulations.cli:simulate", name="simulate", help="Play many members, from one seed.")
    run()


if __name__ == "__main__":
    main()
