"""The command line: `ruil VERB ...`. Data on stdout, everything else on stderr; `--json` for machines everywhere."""

from ruil.node.cli.main import main

__all__ = ["main"]
