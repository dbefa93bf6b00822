"""`python -m ruil` and the `ruil` command are the same thing."""

from ruil.node.cli import main

if __name__ == "__main__":
    main()
