"""The commands that begin: a profile, a community, an invitation."""

from typing import Literal

from cyclopts import App

from ruil import speak
from ruil.node.cli.ask import ask, look
from ruil.node.cli.options import Community, Invite, Json, Organisation, Place, Words
from ruil.node.settings import home
from ruil.protocol.errors import Refused


def register(app: App) -> None:
    """Add these commands to the others."""
    app.command(init)
    app.command(community)
    app.command(invite)


def init(
    name: str,
    *,
    place: str = "",
    organisation: Organisation = False,
    words: Words = False,
    community: Community = "",
    at: Place = None,
    invite: Invite = "",
    as_json: Json = False,
) -> None:
    """Begin a profile: your name as neighbours see it, and a place as coarse as a town (`--place 52.37,4.90`).

    With --organisation: a shop, an association or a company; let others act for it with `ruil device`.
    With --words: be again who you were, from the 24 words of your key, as `ruil backup restore --words` does."""
    if words:
        from ruil.node.cli import backup

        backup.restored_from_words(name, community, at, invite, as_json=as_json)
        return
    if community or at or invite:
        raise Refused("--community, --at and --invite go with --words; to enter a community: ruil invite use TEXT")
    from ruil.node import setup

    who = setup.begin(home(), name, place, organisation=organisation)
    look(home())
    speak.answer(
        {"schema": "ruil.init.1", "name": who.name, "home": str(home())},
        as_json=as_json,
        people=lambda plain: speak.say(f"Hello {plain['name']}. Your profile is in {plain['home']}."),
    )


community = App(name="community", help="Begin a community, or look at yours.")


@community.command
def new(
    name: str,
    *,
    unit: str = "hours",
    parts: int = 60,
    limit: int = 600,
    earned: bool = False,
    mediation: Literal["advice", "binding"] = "advice",
    as_json: Json = False,
) -> None:
    """Begin a community. One UNIT has PARTS; nobody may go further below zero than LIMIT parts.

    --unit none: no credit at all. --earned: the limit grows with what others paid one in completed trades.
    --mediation binding: what the mediator of an agreement says ends it, unless all its parties say otherwise."""
    from ruil.node import setup

    who = setup.found(home(), name, unit=unit, parts=parts, limit=limit, earned=earned, mediation=mediation)
    assert who.community is not None
    look(home())
    speak.answer(
        {"schema": "ruil.community.1", "id": who.community.hex(), "name": name},
        as_json=as_json,
        people=lambda plain: speak.say(f"{plain['name']} has begun. Invite somebody with: ruil invite new"),
    )


@community.command
def show(*, as_json: Json = False) -> None:
    """The charter, and how many belong."""
    speak.answer(ask("community"), as_json=as_json, people=lambda plain: speak.facts(plain["community"]))


invite = App(name="invite", help="Invite somebody, or use an invitation.")


@invite.command(name="new")
def invite_new(*, days: int = 7, as_json: Json = False) -> None:
    """A one-use invitation to hand to one person."""
    speak.answer(ask("invite", days=days), as_json=as_json, people=lambda plain: speak.say(plain["invitation"]))


@invite.command(name="use")
def invite_use(text: str, *, as_json: Json = False) -> None:
    """Enter the community somebody invited you to. Works offline; their node lets you in when the two meet."""
    from ruil.node import setup

    who = setup.enter(home(), text)
    assert who.community is not None
    look(home())
    speak.answer(
        {"schema": "ruil.invite.1", "community": who.community.hex()},
        as_json=as_json,
        people=lambda _: speak.say("The invitation is good. Start the node with: ruil"),
    )
