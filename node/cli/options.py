"""What the options mean that several commands have."""

from typing import Annotated

from cyclopts import Parameter

Json = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object instead of words.")]
Anyway = Annotated[bool, Parameter(negative="", help="Also with somebody whom a block list hides from you.")]
Binding = Annotated[bool, Parameter(negative="", help="What the mediator says binds, also without your word.")]
Hidden = Annotated[bool, Parameter(negative="", help="Show also what block lists hide.")]
Id = Annotated[str, Parameter(help="Its short id, or the first letters of it.")]
PassphraseFile = Annotated[
    str | None,
    Parameter(allow_leading_hyphen=True, help="The file whose first line is the passphrase; - is the standard input."),
]
Organisation = Annotated[bool, Parameter(negative="", help="It is no person: several people may act for it.")]
Words = Annotated[bool, Parameter(negative="", help="From the 24 words: typed here, or on the standard input.")]
Community = Annotated[str, Parameter(help="The community's id, as `ruil community show` says it to a neighbour.")]
Person = Annotated[str, Parameter(help="Your member id, if your key was changed: it stands beside your words.")]
Place = Annotated[list[str] | None, Parameter(help="Where a neighbour's node is: 192.168.1.5:4001. May be repeated.")]
Invite = Annotated[str, Parameter(help="An invitation by a neighbour: only says where; it is not used up.")]
Valueflows = Annotated[bool, Parameter(negative="", help="JSON-LD in the words of Valueflows instead of a bundle.")]
Qr = Annotated[bool, Parameter(name="--qr", negative="", help="Show it as a QR picture too, for a camera.")]
Always = Annotated[bool, Parameter(negative="", help="On this computer nothing is ever set back.")]
Yes = Annotated[bool, Parameter(negative="", help="Post what is found without asking.")]
