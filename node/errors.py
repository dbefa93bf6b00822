"""What can stop a node, each with a sentence for the person in front of it and an exit code for scripts."""

from pathlib import Path


class Stopped(Exception):
    """Base: the node can not go on. The text says what happened, what is safe, and what to do."""

    code = 1


class Mistyped(Stopped):
    """A command that there is not, or not so."""

    code = 2


class DiskRefused(Stopped):
    """The disk did not take, or did not give back, what the node needs."""

    code = 4

    @classmethod
    def of_folder(cls, folder: Path, why: OSError) -> "DiskRefused":
        """A profile's folder that does not take a file."""
        return cls(f"The profile's folder {folder} can not be written: {why.strerror}. Nothing was lost.")


class Busy(DiskRefused):
    """Another program holds the database; nothing is wrong with the disk."""


class InUse(Stopped):
    """Another node runs on this profile."""

    code = 5


class Held(InUse):
    """Another ruil holds this profile now: a node for as long as it runs, a command for a moment."""


class PortBusy(Stopped):
    """Another program has the port that the page or the network was told to use."""

    code = 7


class NoProfile(Stopped):
    """There is nothing to open yet."""

    code = 3


class TooOpen(Stopped):
    """Others on this machine could read the keys."""

    code = 6
