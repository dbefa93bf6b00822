"""An identity on the disk: the device key of one profile and, if it is here, the member key; for its owner alone."""

import dataclasses
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from ruil.crypto.keys import SigningKey
from ruil.node import lease, private, whole_file
from ruil.node.errors import DiskRefused, NoProfile
from ruil.node.lease import Here
from ruil.protocol import bodies
from ruil.protocol.bodies import Certificate
from ruil.protocol.errors import Refused
from ruil.protocol.ids import CommunityId, DeviceId, MemberId

FILE = "identity.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this profile is. `community` is None until it founded or entered one. Without a `member` key somebody has
    granted this device, and `certificate` is their word: the payload of its entry 0."""

    member: SigningKey | None
    device: SigningKey
    name: str
    device_name: str
    community: CommunityId | None = None
    cell: int | None = None
    entrance: str = ""  # the invitation this profile came in with, or the founder's charter in hex: entry 1
    restored: bool = False  # another device of somebody who belongs already: nobody has to let it in
    dial: tuple[str, ...] = ()  # where to find the community, beside what the invitation says
    organisation: bool = False
    certificate: bytes = b""
    leased: bool = False  # this computer keeps a lease for the device (lease.py); where there is none, this is a copy
    because: str = ""  # why this device was begun in place of an earlier one
    earlier: tuple[SigningKey, ...] = ()  # of those: they sign nothing more, and open the letters they were sent
    person: MemberId | None = None  # who this is, if `member` is a key that took the place of their own
    says: bytes = b""  # the payload of the `Succeed` by which it does so; it is said before anything else

    @property
    def member_id(self) -> MemberId:
        if self.person is not None:
            return self.person
        return MemberId(self.member.public) if self.member is not None else self.granted.member

    @property
    def key(self) -> SigningKey:
        """The member key. Raises `Refused` where it is not."""
        if self.member is None:
            raise Refused(
                f"the key of {self.name} is not on this computer, which only speaks for {self.name}:"
                " this can be done where the key is"
            )
        return self.member

    @property
    def granted(self) -> Certificate:
        """The certificate somebody granted this device."""
        said = bodies.decode(bodies.NUMBER[Certificate], self.certificate)
        assert isinstance(said, Certificate)
        return said

    @property
    def opens(self) -> tuple[SigningKey, ...]:
        """The keys that letters on this computer may be sealed to."""
        return (self.device, *self.earlier)

    @property
    def device_id(self) -> DeviceId:
        return DeviceId(self.device.public)


def make(name: str, device_name: str) -> Identity:
    """A new person with their first device."""
    member, device = SigningKey.from_seed(secrets.token_bytes(32)), SigningKey.from_seed(secrets.token_bytes(32))
    return Identity(member, device, name, device_name)


def write(folder: Path, identity: Identity) -> None:
    """Keep an identity: the file is whole or not there, and only its owner can read it."""
    plain = {
        "version": 1,
        "member_seed": identity.member.seed.hex() if identity.member is not None else None,
        "device_seed": identity.device.seed.hex(),
        "name": identity.name,
        "device_name": identity.device_name,
        "community": identity.community.hex() if identity.community else None,
        "cell": f"{identity.cell:x}" if identity.cell is not None else None,
        "entrance": identity.entrance,
        "restored": identity.restored,
        "dial": list(identity.dial),
        "organisation": identity.organisation,
        "certificate": identity.certificate.hex(),
        "leased": identity.leased,
        "because": identity.because,
        "earlier_seeds": [key.seed.hex() for key in identity.earlier],
        "person": identity.person.hex() if identity.person else None,
        "says": identity.says.hex(),
    }
    try:
        whole_file.folder(folder)
        whole_file.write(folder / FILE, json.dumps(plain, indent=1).encode())
    except OSError as why:
        raise DiskRefused(f"The identity could not be kept in {folder}: {why.strerror}. Nothing was changed.") from None


def begin(folder: Path, identity: Identity, where: Here | None = None) -> Identity:
    """Keep an identity whose device is new, with a lease on this computer, or the one given. Raises `DiskRefused`."""
    try:
        private.prepare(folder)
    except OSError as why:
        raise DiskRefused(f"The identity could not be kept in {folder}: {why.strerror}. Nothing was changed.") from None
    begun = dataclasses.replace(identity, leased=True)
    lease.begin(begun.device, where)
    write(folder, begun)
    return begun


def anew(folder: Path, identity: Identity, because: str, where: Here | None = None) -> Identity:
    """A new device of the same member in the same profile: its log begins here, so it can not contradict the one that
    was set back or copied, which stays readable like any other. Raises `Refused` where the member key is not."""
    assert identity.key
    device = SigningKey.from_seed(secrets.token_bytes(32))
    belongs = identity.community is not None
    made = dataclasses.replace(
        identity,
        device=device,
        restored=belongs,
        certificate=b"",
        because=because,
        earlier=(identity.device, *identity.earlier),
    )
    return begin(folder, made, where)


def read(folder: Path) -> Identity:
    """The identity of a profile. Raises `NoProfile`, `TooOpen` or `DiskRefused`."""
    path = folder / FILE
    try:
        path.stat()
        private.check(folder)
        plain = json.loads(path.read_text())
        community = plain["community"]
        seed, certificate = plain["member_seed"], bytes.fromhex(plain.get("certificate", ""))
        who = Identity(
            _key(seed) if seed or not certificate else None,
            _key(plain["device_seed"]),
            plain["name"],
            plain["device_name"],
            CommunityId(_bytes32(community)) if community else None,
            int(plain["cell"], 16) if plain["cell"] else None,
            plain["entrance"],
            plain.get("restored", False),
            tuple(plain.get("dial", ())),
            plain.get("organisation", False),
            certificate,
            plain.get("leased", False),
            plain.get("because", ""),
            tuple(_key(seed) for seed in plain.get("earlier_seeds", ())),
            MemberId(_bytes32(plain["person"])) if plain.get("person") else None,
            bytes.fromhex(plain.get("says", "")),
        )
        assert who.member_id  # reads the certificate: a damaged one is found here
        return who
    except FileNotFoundError:
        raise NoProfile("There is no profile here yet. Begin with: ruil init NAME") from None
    except OSError as why:
        raise DiskRefused(f"{path} can not be read: {why.strerror}.") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DiskRefused(f"{path} is damaged. Restore it from a backup; the entries beside it are safe.") from None


def _key(seed: str) -> SigningKey:
    return SigningKey.from_seed(_bytes32(seed))


def _bytes32(text: str) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != 32:
        raise ValueError(f"a key or an id has 32 bytes, not {len(data)}")
    return data
