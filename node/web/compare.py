"""Comparing on the page: nothing is signed about another computer before its six words were read on both screens."""

from starlette.requests import Request

from ruil.node.views import Plain
from ruil.node.web.pages import Pages
from ruil.node.web.typed import Typed


def is_compared(sent: Typed) -> bool:
    """Whether it was said that the words, which the page has shown, are the same on the other screen."""
    return sent.text("same") == "yes" and bool(sent.text("words"))


async def compare(pages: Pages, request: Request, sent: Typed, verb: str) -> Plain | None:
    """What the text that was pasted says, with its six words, to be compared; None, and why in `sent`, when it can not
    be read."""
    looked = await pages.send(request, sent, verb, {"text": sent.text("text")})
    if looked is not None:
        sent.errors["same"] = "Compare the six words, then say that they are the same."
    return looked
