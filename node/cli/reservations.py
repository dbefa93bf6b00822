"""The commands for what is lent: what is free when, reserving it, and one's own calendar."""

from typing import Annotated, Any

from cyclopts import App, Group, Parameter

from ruil import speak
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Anyway, Id, Json

LEND = Group.create_ordered("Lend and borrow")


def add_to(app: App) -> None:
    """Give the app these commands."""
    for command in (free, reserve, calendar):
        app.command(command, group=LEND)


def free(listing: Id, *, days: int = 14, as_json: Json = False) -> None:
    """When something that is lent is free, day by day. All times are in UTC."""

    def people(plain: dict[str, Any]) -> None:
        known = plain["free"]
        speak.say(f"{known['title']}, lent {known['lent']}: {known['quantity']} there")
        speak.table(known["days"], {"day": "day", "free": "free (UTC)"}, "")
        for each in known["promised_twice"]:
            speak.say(
                f"Promised twice: the later signature {each['then']['entry'][:16]} in {each['agreement']} is void,"
            )
            for first in each["first"]:
                speak.say(f"  since {first['entry'][:16]} came first: {', '.join(first['spans'])}")

    speak.answer(ask("free", listing=listing, days=days), as_json=as_json, people=people)


def reserve(
    listing: Id,
    *,
    begins: Annotated[str, Parameter(name="--from", help="2026-12-01 10:00 in UTC, or 2026-12-01.")],
    until: Annotated[str, Parameter(help="As --from; a day is the last one.")] = "",
    hours: int | None = None,
    days: int | None = None,
    quantity: int = 1,
    pay: Annotated[str, Parameter(help="Credit for each hour or day, if not what the listing asks.")] = "",
    gift: bool = False,
    answer_days: int = 3,
    text: str = "",
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Ask to have something for a time: `ruil reserve ab3d --from "2026-12-01 10:00" --hours 3`.

    Or `--until "2026-12-01 13:00"`, or `--days 2`. It is yours once its owner has accepted."""

    def people(plain: dict[str, Any]) -> None:
        known = plain["agreement"]
        speak.say(f"Asked as {known['short']}: {plain['span']['text']}")
        for promised in known["commitments"]:
            speak.say(f"  {promised['text']}")
        for waits in known["waits_for"]:
            speak.say(f"  waits for {waits['name']} to {waits['what']}")

    asked = {"ends": until, "hours": hours, "days": days, "quantity": quantity, "pay": pay, "gift": gift}
    answer = ask("reserve", listing=listing, begins=begins, **asked, answer_days=answer_days, text=text, anyway=anyway)
    speak.answer(answer, as_json=as_json, people=people)


def calendar(
    *,
    ics: Annotated[str, Parameter(help="Write it to this file, for a calendar program.")] = "",
    as_json: Json = False,
) -> None:
    """What you have lent and borrowed by agreement; with --ics FILE, as a file for any calendar program."""
    answer = ask("calendar")
    if ics:
        _write(ics, answer)

    def people(plain: dict[str, Any]) -> None:
        rows = [{**row, "way": "lent to" if row["mine"] else "from"} for row in plain["reservations"]]
        columns = {"short": "id", "what": "what", "way": "", "with": "who", "begins_text": "from", "ends_text": "until"}
        speak.table(rows, columns, "Nothing is reserved.")
        if ics:
            speak.say(f"Written to {ics}: {len(rows)} reservations.")

    speak.answer(answer, as_json=as_json, people=people)


def _write(path: str, answer: dict[str, Any]) -> None:
    from pathlib import Path

    from ruil.node import whole_file
    from ruil.node.errors import DiskRefused
    from ruil.node.ics import calendar as written

    try:
        whole_file.write(Path(path), written(answer["reservations"]).encode())
    except OSError as why:
        raise DiskRefused(f"{path} can not be written: {why.strerror}. Nothing was lost.") from None
