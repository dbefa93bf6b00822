"""Silent: offers and proposes as others do, and then does not answer, or stops halfway. Nothing of it may hang."""

from ruil.protocol.agreement import Agreement
from ruil.simulations.people.honest import Honest, Life
from ruil.simulations.people.villager import Villager
from ruil.simulations.world import Node, World


class Silent(Honest):
    """Every second one never answers; the others accept, and never deliver or confirm."""

    def __init__(self, world: World, node: Node, life: Life) -> None:
        super().__init__(world, node, life)
        self._answers = self.chance.random() < 0.5

    def answer(self, agreement: Agreement) -> None:
        if self._answers:
            super().answer(agreement)

    def keep(self, agreement: Agreement) -> None:
        """Nothing: others wait in vain, until the agreement ends by itself."""


class SilentVillager(Silent, Villager):
    """The same, among people who begin and join everything."""
