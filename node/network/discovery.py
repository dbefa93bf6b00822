"""Finds other nodes on the local network by multicast DNS, and lets them find us.

zeroconf is used directly: libp2p's own discovery announces only one address and under a name that all libp2p programs
share. It runs in its own thread; what it finds comes back through trio's token.
"""

import socket
from collections.abc import Callable
from typing import Any

import trio

from ruil.node.network import addresses
from ruil.node.network.addresses import Address
from ruil.node.network.shield import contained

SERVICE = "_ruil._udp.local."  # TCP is what we speak; libp2p's discovery is registered under _udp, and so are we
_LOOK_AGAIN_SECONDS = 30.0  # for adapters that came or went
_HOSTS_MAX = 8


async def discover(
    key: bytes,
    port: int,
    listen: tuple[str, ...],
    found: Callable[[Address], None],
    lost: Callable[[Address], None],
) -> None:
    """Announce ourselves and report others until cancelled. A network without multicast is no error: it is retried."""
    report = _in_trio(found), _in_trio(lost)
    while True:
        if await contained(lambda: _until_adapters_change(key, port, listen, *report), "discovery"):
            await trio.sleep(_LOOK_AGAIN_SECONDS)


async def _until_adapters_change(
    key: bytes, port: int, listen: tuple[str, ...], found: Callable[[Address], None], lost: Callable[[Address], None]
) -> None:
    hosts = addresses.own_hosts(listen)
    announcement = await trio.to_thread.run_sync(_Announcement, key, port, hosts, found, lost)
    try:
        while announcement.works and addresses.own_hosts(listen) == hosts:  # noqa: ASYNC110  no system tells us of it portably
            await trio.sleep(_LOOK_AGAIN_SECONDS)
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(announcement.close)


def _in_trio(report: Callable[[Address], None]) -> Callable[[Address], None]:
    token = trio.lowlevel.current_trio_token()

    def from_thread(address: Address) -> None:
        try:
            token.run_sync_soon(report, address)
        except trio.RunFinishedError:  # the node has ended in between
            pass

    return from_thread


class _Announcement:
    """One life of zeroconf. Made and closed in a thread, because both wait for the network."""

    def __init__(
        self,
        key: bytes,
        port: int,
        hosts: tuple[str, ...],
        found: Callable[[Address], None],
        lost: Callable[[Address], None],
    ) -> None:
        from zeroconf import InterfaceChoice, IPVersion, ServiceBrowser, ServiceInfo, Zeroconf

        self._key = key
        self._found = found
        self._lost = lost
        self._known: dict[str, list[Address]] = {}
        self._gave_up = False
        self._zeroconf = Zeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.V4Only)
        name = key.hex()[:40]
        self._info = ServiceInfo(
            SERVICE,
            f"{name}.{SERVICE}",
            addresses=[socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host) for host in hosts],
            port=port,
            properties={"key": key.hex()},
            server=f"{name}.local.",
        )
        try:
            self._zeroconf.register_service(self._info, cooperating_responders=True)
            self._browser = ServiceBrowser(self._zeroconf, SERVICE, handlers=[self._changed])
        except BaseException:
            self._zeroconf.close()
            raise

    @property
    def works(self) -> bool:
        """Whether others are still looked for. If not, it has to begin anew."""
        return self._browser.is_alive() and not self._gave_up

    def close(self) -> None:
        self._zeroconf.unregister_service(self._info)
        self._zeroconf.close()

    def _changed(self, *, name: str, state_change: Any, **_: Any) -> None:
        """Called by zeroconf, in a thread of its own: a service came, went or changed. What is raised here ends the
        thread, and nobody would be looked for any more."""
        from zeroconf import EventLoopBlocked

        for address in self._known.pop(name, []):
            self._lost(address)
        if state_change.name != "Removed":
            try:
                self._known[name] = self._look_up(name)
            except EventLoopBlocked:  # the computer is so busy that zeroconf's own thread had no turn for seconds
                self._gave_up = True
                return
            for address in self._known[name]:
                self._found(address)

    def _look_up(self, name: str) -> list[Address]:
        info = self._zeroconf.get_service_info(SERVICE, name, timeout=3000)
        if info is None or info.port is None or not 0 < info.port < 65_536:
            return []
        try:
            key = bytes.fromhex((info.properties.get(b"key") or b"").decode("ascii"))
        except ValueError:  # somebody else's idea of our service
            return []
        if len(key) != 32 or key == self._key:
            return []
        return [Address(host, info.port, key) for host in info.parsed_addresses()[:_HOSTS_MAX]]
