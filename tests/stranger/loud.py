"""A hasty node that says on stderr whom it blames, and for what."""

import logging
import runpy

if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    logging.getLogger("ruil.network").setLevel(logging.INFO)
    runpy.run_module("tests.node.hasty", run_name="__main__")
