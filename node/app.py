"""The node: opens everything in one nursery. The only file that knows all the others.

The page comes first and stays; the network may fail and come back beside it. When the disk refuses, all of it stops.
"""

import secrets
import webbrowser
from pathlib import Path
from typing import Any, Final

import trio

from ruil.node import backup, clock, setup
from ruil.node.beginning import Beginning
from ruil.node.desk import Drawer, Mail, open_desk
from ruil.node.errors import PortBusy
from ruil.node.health import health
from ruil.node.network import Network, NetworkEvent, NetworkLimits, Status
from ruil.node.network import PortBusy as NetworkPortBusy
from ruil.node.peers import Peers
from ruil.node.profile import Profile, let_go, locked, opened, remember_port, remembered_port
from ruil.node.pump import Pump
from ruil.node.room import Room
from ruil.node.running import Running, announce, withdraw
from ruil.node.settings import Settings
from ruil.node.vouching import Vouching
from ruil.node.web import Page
from ruil.protocol.events import Tell

LOOK_SECONDS: Final = 5.0  # whether a name is missing here: three look-ups


class App:
    """A running node of one profile."""

    def __init__(self, folder: Path, settings: Settings, limits: NetworkLimits | None = None) -> None:
        self._folder = folder
        self._settings = settings
        self._limits = limits
        self._ready = trio.Event()
        self._beginning = Beginning(folder, self._begun)
        self._over = trio.Event()  # the profile is to be opened again
        self._news = trio.Event()
        self._network_says = "Not started yet."
        self._profile: Profile | None = None
        self._network: Network | None = None
        self._peers: Peers | None = None
        self._room: Room | None = None
        self.page = Page(
            token=secrets.token_urlsafe(32), port=settings.page_port, setup=self._beginning, health=self.health
        )

    async def run(self, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. `started` gives the page's address. Raises `Stopped` with a sentence."""
        with locked(self._folder):
            self._beginning.look()
            try:
                async with trio.open_nursery() as nursery:
                    url = await nursery.start(self.page.run)
                    announce(self._folder, Running(url, self.page.token))
                    if self._settings.open_page:
                        await trio.to_thread.run_sync(webbrowser.open, self.page.login_url())
                    task_status.started(url)
                    await self._ready.wait()
                    while True:  # again with a new device, when this one must never sign again; or with another key
                        await self._one_profile()
            finally:
                withdraw(self._folder)

    async def _one_profile(self) -> None:
        with opened(self._folder) as profile:
            again, self._profile = self._profile is not None, profile
            try:
                await self._work(profile, again=again)
            finally:
                await self.page.last_answers()

    def _begun(self) -> None:
        self.page.begun = True
        self._ready.set()

    async def _work(self, profile: Profile, *, again: bool) -> None:
        who = profile.identity
        network = self._network = Network(
            who.device.seed,
            port=self._settings.port or remembered_port(self._folder, self._settings.listen),
            listen=(self._settings.listen,),
            discover=self._settings.discover,
            dial=setup.addresses(who),
            bootstrap=self._settings.bootstrap,
            announce=self._settings.announce,
            relay=self._settings.relay,
            may_read=lambda key: key in profile.peer.readers,
            limits=self._limits,
        )
        self._peers = Peers(self._folder, profile.peer, network, relays=self._settings.relay)
        self._room = room = Room(profile.store, profile.peer.book, who.member_id, self._settings.storage_mb)
        self._over, self._news = trio.Event(), trio.Event()
        pump = Pump(
            profile.peer,
            profile.store,
            profile.letters,
            profile.opener,
            network,
            self._tell,
            lease=profile.lease,
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(pump.run)
            nursery.start_soon(profile.snapshots.run)
            nursery.start_soon(room.run)
            await setup.complete(profile, pump)
            self.page.desk = open_desk(
                profile.peer,
                who,
                pump.say,
                network.addresses,
                network.reached,
                network.reach,
                Mail(pump.write, profile.letters, tells=self._settings.tell_read),
                Vouching(pump, profile.lease),
                room.shown,
                Drawer(self._folder, self._over.set),
            )
            if again:
                let_go()
            nursery.start_soon(self._peers.run, pump.feed)
            send, take = trio.open_memory_channel[NetworkEvent](256)
            nursery.start_soon(self._connect, network, send, pump)
            nursery.start_soon(self._listen, take)
            nursery.start_soon(self._introduce, profile, pump)
            await self._over.wait()
            self.page.desk = None
            nursery.cancel_scope.cancel()

    async def _introduce(self, profile: Profile, pump: Pump) -> None:
        while setup.nameless(profile):
            self._news = trio.Event()
            await setup.introduce(profile, pump)
            with trio.move_on_after(LOOK_SECONDS):  # that nothing is to come is told by nothing that comes
                await self._news.wait()

    async def _listen(self, take: trio.MemoryReceiveChannel[NetworkEvent]) -> None:
        async for event in take:
            self._heard(event)

    async def _connect(self, network: Network, send: trio.MemorySendChannel[NetworkEvent], pump: Pump) -> None:
        try:
            await network.run(send, pump)
        except NetworkPortBusy as why:
            raise PortBusy(f"{why} Choose it in config.toml (port) or with RUIL_PORT.") from None

    def _heard(self, event: NetworkEvent) -> None:
        if isinstance(event, Status):
            self._network_says = event.detail
            if event.state == "up" and self._network is not None:
                remember_port(self._folder, self._network.port)
            if self._peers is not None:
                self._peers.changed()
            self.page.changed()

    def _tell(self, told: Tell) -> None:
        if told.topic == "entry" and self._profile is not None and self._room is not None:
            self._profile.snapshots.grew()
            self._room.grew()
        self._news.set()
        if told.topic == "peer" and self._peers is not None:
            self._peers.changed()
        if told.topic == "ended" and self._profile is not None and self._profile.identity.member is not None:
            self._over.set()
        self.page.changed()

    def health(self) -> dict[str, Any]:
        """What the health page shows."""
        if self._profile is None or self._network is None or self._room is None:
            return {"network": self._network_says, "neighbours": 0, "next": "Tell who you are, to begin."}
        reach = self._network.reach()
        who = self._profile.identity
        made, has_key = backup.marked(self._folder), who.member is not None
        says = self._network_says
        peer, now, room, new = self._profile.peer, clock.now(), self._room.shown(), who.person is not None
        shown = health(peer, who.member_id, says, reach, made, now, room, has_key=has_key, by_friends=new)
        return shown | {"this_device": who.because and f"begun in place of an earlier one: {who.because}"}
