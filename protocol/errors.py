"""Two kinds of wrong: a stranger's and a member's. Ours are assertions.

Both are ValueErrors, so that a rule written once in a body's constructor speaks to a member who types it and, through
the decoder, to a stranger who sends it.
"""


class Rejected(ValueError):
    """What a stranger sent is not acceptable; the text says what and why. Caught in `Peer.handle` alone."""


class Refused(ValueError):
    """What a member asked can not be done; the text is a kind sentence to show them."""
