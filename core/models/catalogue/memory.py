"""What a model needs of a machine's memory, and whether it is there.

Weights x precision, the keys and values of what is read (two per layer, key-value head and place), and room for what is
computed, pictures above all. Ten per cent more than that must be free, so that the rest of Lorelens lives.
"""

from dataclasses import dataclass

from core.models.catalogue.entries import BYTES, ChatEntry, Entry
from core.models.machine import Machine

TOKENS = 8192
"""A question with its evidence and pictures, and the answer: the default of `local_context`."""
ROOM = 0.2
"""For what is computed: this share of the weights, as the local engine reckons, and at least LEAST_ROOM."""
LEAST_ROOM = 0.5e9
MARGIN = 1.1
_CPU = ("float32", "bfloat16")
_CUDA = ("bfloat16", "int8", "int4")
_MPS = ("bfloat16",)


@dataclass(frozen=True)
class Fit:
    """Whether a model fits; `precision` is the best that does, else the smallest; `needs` and `free` are bytes."""

    fits: bool
    precision: str
    needs: float
    free: float

    @property
    def tight(self) -> bool:
        """Whether it fits, with little to spare."""
        return self.fits and self.needs * MARGIN > 0.8 * self.free


def needs(entry: Entry, precision: str, *, tokens: int = TOKENS) -> float:
    """Bytes that a model needs for one conversation of so many tokens."""
    weights = entry.parameters * 1e9 * BYTES[precision]
    read = 0.0
    if isinstance(entry, ChatEntry):
        kept = 4.0 if precision == "float32" else 2.0
        read = 2 * entry.layers * entry.kv_heads * entry.head_size * min(tokens, entry.context) * kept
    return weights + read + max(LEAST_ROOM, ROOM * weights)


def fit(entry: Entry, machine: Machine) -> Fit:
    """Whether, and in what precision, a model fits this machine."""
    best = machine.best
    free = float(machine.available if best is None else best.free)
    precisions = _CPU if best is None else _CUDA if best.kind == "cuda" else _MPS
    for precision in precisions:
        needed = needs(entry, precision)
        if needed * MARGIN <= free:
            return Fit(True, precision, needed, free)
    return Fit(False, precisions[-1], needs(entry, precisions[-1]), free)
