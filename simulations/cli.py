"""The commands of researchers and developers: replay a bundle, simulate a village. They need no profile.

The `ruil` command puts them beside the node's (src/ruil/__main__.py): node and simulations never import each other.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ruil import speak
from ruil.protocol.errors import Refused

Json = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object instead of words.")]


replay = App(name="replay", help="Read a bundle as any node would: verify it, rebuild its state.")


@replay.command(name="verify")
def replay_verify(path: Path, *, as_json: Json = False) -> None:
    """Check every signature, chain and proof in a bundle; exit 9 when something is wrong."""
    from ruil.simulations.replay import fold

    data = speak.read(path)
    with speak.bar() as bar:
        task = bar.add_task("verifying", total=len(data))
        replayed = fold(data, progress=lambda offset: bar.update(task, completed=offset))
    plain = {"schema": "ruil.replay.1", **replayed.plain()}
    speak.answer(plain, as_json=as_json, people=speak.facts)
    if replayed.faults:
        sys.exit(speak.FOUND_WRONG)


@replay.command(name="state")
def replay_state(path: Path, *, at: str = "", as_json: Json = False) -> None:
    """The Book of a bundle at a moment: `--at 2026-11-24T12:00Z`, or milliseconds since 1970; else at its end."""
    from ruil.simulations.replay import fold, state

    data = speak.read(path)
    moment = _moment(at) if at else None
    with speak.bar() as bar:
        task = bar.add_task("reading", total=len(data))
        replayed = fold(data, moment, progress=lambda offset: bar.update(task, completed=offset))
    plain = {"schema": "ruil.replay.1", **state(replayed, moment if moment is not None else replayed.last_at)}
    speak.answer(plain, as_json=as_json, people=speak.facts)


def _moment(text: str) -> int:
    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refused(f"{text!r} is not a moment: write 2026-11-24T12:00Z, or milliseconds since 1970") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


simulate = App(name="simulate", help="Play many members with the code that ships, from one seed.")


@simulate.command(name="run")
def simulate_run(scenario: Path, *, seed: int | None = None, as_json: Json = False) -> None:
    """Play a scenario. The same scenario and seed give the same trace hash; exit 9 when an expectation is missed."""
    from ruil.simulations.run import run
    from ruil.simulations.scenario import load

    read_scenario = load(scenario)
    with speak.bar() as bar:
        task = bar.add_task(scenario.stem, total=1.0)
        result = run(
            read_scenario,
            seed if seed is not None else read_scenario.run.seed,
            lambda part: bar.update(task, completed=part),
        )
    plain = {"schema": "ruil.simulate.1", **result.plain()}

    def people(_: dict[str, Any]) -> None:
        speak.say(f"trace hash {plain['trace_hash']}, scenario {plain['scenario_hash']}, seed {plain['seed']}")
        for name, value in plain["measures"].items():
            speak.say(f"  {name:32s} {value}")
        for expected in plain["expectations"]:
            mark = "ok    " if expected["ok"] else "MISSED"
            speak.say(f"  {mark} {expected['metric']} {expected['op']} {expected['value']} (got {expected['got']})")

    speak.answer(plain, as_json=as_json, people=people)
    if not result.ok:
        sys.exit(speak.FOUND_WRONG)
