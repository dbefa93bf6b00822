"""Real pages of real nodes in one process. Two nodes hand each other frames directly, where a network would stand."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from ruil.node import setup
from ruil.node.beginning import Beginning
from ruil.node.desk import Drawer, Mail, open_desk
from ruil.node.profile import opened
from ruil.node.pump import Pump
from ruil.node.vouching import Vouching
from ruil.node.web import Page

TOKEN = "a token for tests"


@dataclass
class Street:
    """The links of all nodes: a frame for a device goes to the pump that has it."""

    nursery: trio.Nursery
    pumps: dict[bytes, Pump] = field(default_factory=dict)

    def links(self, own: bytes) -> "Wire":
        return Wire(self, own)


@dataclass
class Wire:
    """One node's end of the links."""

    street: Street
    own: bytes
    ways: dict[bytes, trio.MemorySendChannel[bytes]] = field(default_factory=dict)

    def send(self, neighbour: bytes, frame: bytes, *, now: bool = False) -> bool:
        del now
        if neighbour not in self.ways:
            self.ways[neighbour], frames = trio.open_memory_channel[bytes](10_000)
            self.street.nursery.start_soon(self._carry, neighbour, frames)
        self.ways[neighbour].send_nowait(frame)
        return True

    async def _carry(self, neighbour: bytes, frames: trio.MemoryReceiveChannel[bytes]) -> None:
        async for frame in frames:  # in the order they were sent, as a stream does
            await self.street.pumps[neighbour].receive(self.own, frame)

    async def wait_room(self, neighbour: bytes, size: int) -> bool:
        del neighbour, size
        await trio.lowlevel.checkpoint()
        return True

    def blame(self, neighbour: bytes, reason: str, weight: int = 1) -> None:
        raise AssertionError(f"{neighbour.hex()} is blamed: {reason} ({weight})")


@dataclass
class Member:
    """One person with a node, a page and a browser session."""

    page: Page
    street: Street
    folder: Path
    health_says: dict[str, Any]
    ready: trio.Event = field(default_factory=trio.Event)
    browser: httpx.AsyncClient = None  # type: ignore[assignment]
    pump: Pump = None  # type: ignore[assignment]

    def begun(self) -> None:
        """There is a profile now."""
        self.page.begun = True
        self.ready.set()

    async def work(self) -> None:
        """The node behind the page, once somebody has begun."""
        await self.ready.wait()
        with opened(self.folder) as profile:
            own = profile.identity.device_id
            pump = Pump(
                profile.peer,
                profile.store,
                profile.letters,
                profile.opener,
                self.street.links(own),
                lambda _: self.page.changed(),
                lease=profile.lease,
            )
            async with trio.open_nursery() as nursery:
                await nursery.start(pump.run)
                await setup.complete(profile, pump)
                neighbours = list(self.street.pumps.items())
                self.street.pumps[own] = pump
                for other, others in neighbours:
                    await pump.met(other)
                    await others.met(own)
                self.pump = pump
                self.page.desk = open_desk(
                    profile.peer,
                    profile.identity,
                    pump.say,
                    lambda: (),
                    mail=Mail(pump.write, profile.letters),
                    leased=Vouching(pump, profile.lease),
                    drawer=Drawer(self.folder),
                )

    def get(self, path: str) -> Awaitable[httpx.Response]:
        return self.browser.get(self.page.url + self.page.base + path)

    async def nonce(self, path: str) -> str:
        """The nonce of the first form on a page."""
        return (await self.get(path)).text.split('name="nonce" value="')[1].split('"')[0]

    async def post(self, path: str, *, shown_at: str = "", **typed: str) -> httpx.Response:
        """Send a form as a browser does."""
        if "nonce" not in typed:
            typed["nonce"] = await self.nonce(shown_at)
        return await self.browser.post(
            self.page.url + self.page.base + path, data=typed, headers={"Sec-Fetch-Site": "same-origin"}
        )


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Until something stands in a Book that another node has to send first."""
    with trio.fail_after(10):
        while not await true():  # noqa: ASYNC110  what it waits for happens in another node's Book
            await trio.sleep(0.01)


NewMember = Callable[[], Awaitable[Member]]


@pytest.fixture
async def new_member(tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[NewMember]:
    """Makes people with a page each; the page has let their browser in; nobody has told their name yet."""
    street = Street(nursery)
    async with contextlib.AsyncExitStack() as stack:

        async def make() -> Member:
            folder = tmp_path / f"member-{len(people)}"
            says = {"network": "Connected.", "neighbours": 2, "entries": 3, "waiting": [], "next": "Nothing."}
            member = Member(None, street, folder, says)  # type: ignore[arg-type]
            member.page = Page(token=TOKEN, setup=Beginning(folder, member.begun), health=lambda: member.health_says)
            people.append(member)
            await nursery.start(member.page.run)
            nursery.start_soon(member.work)
            member.browser = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=True))
            await member.browser.get(member.page.login_url())
            return member

        people: list[Member] = []
        yield make


@pytest.fixture
async def newcomer(new_member: NewMember) -> Member:
    """Somebody who has just started ruil for the first time."""
    return await new_member()


@pytest.fixture
async def anna(new_member: NewMember) -> Member:
    """The founder of Elm Street."""
    member = await new_member()
    await member.post("begin", name="Anna", place="52.37, 4.90", community="Elm Street")
    return member


async def invited(new_member: NewMember, host: Member, name: str, place: str) -> Member:
    """A neighbour somebody invited, let in and connected."""
    assert host.page.desk is not None
    invitation = (await host.page.desk.call("invite", {}))["invitation"]
    member = await new_member()
    await member.post("begin", name=name, place=place, invitation=invitation)

    async def let_in() -> bool:
        assert member.page.desk is not None
        return (await member.page.desk.call("status", {}))["membership"] == "member"

    await until(let_in)
    return member


@pytest.fixture
async def ben(new_member: NewMember, anna: Member) -> Member:
    """A neighbour Anna invited, let in and connected."""
    return await invited(new_member, anna, "Ben", "52.60, 4.90")


@pytest.fixture
async def carla(new_member: NewMember, anna: Member) -> Member:
    """Another one."""
    return await invited(new_member, anna, "Carla", "52.40, 4.80")
