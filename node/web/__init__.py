"""The local page: what a member sees of their node in a browser, and the door its programs come in by."""

from ruil.node.errors import PortBusy
from ruil.node.web.page import Page

__all__ = ["Page", "PortBusy"]
