"""What the machine has for a model: cores, memory, accelerators."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Literal

DeviceKind = Literal["cpu", "cuda", "mps"]


@dataclass(frozen=True)
class Accelerator:
    """A device beside the processor; `memory` and `free` are bytes, `bfloat16` says whether it computes in it."""

    kind: DeviceKind
    name: str
    memory: int
    free: int
    bfloat16: bool


@dataclass(frozen=True)
class Machine:
    """`cores` are those this process may use; `memory` and `available` are bytes of main memory."""

    cores: int
    memory: int
    available: int
    accelerators: tuple[Accelerator, ...] = ()

    @property
    def best(self) -> Accelerator | None:
        """The accelerator with the most free memory, if there is one."""
        return max(self.accelerators, key=lambda one: one.free, default=None)


def this_machine() -> Machine:
    """The machine as it is now; without torch its accelerators can't be seen."""
    import psutil

    memory = psutil.virtual_memory()
    return Machine(
        cores=_cores(),
        memory=memory.total,
        available=memory.available,
        accelerators=_accelerators(),
    )


@cache
def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _accelerators() -> tuple[Accelerator, ...]:
    try:
        import torch
    except ImportError:
        return ()
    if torch.cuda.is_available():
        found: list[Accelerator] = []
        for at in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(at)
            with torch.cuda.device(at):
                bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
            found.append(Accelerator("cuda", torch.cuda.get_device_name(at), total, free, bfloat16))
        return tuple(found)
    if torch.backends.mps.is_available():
        total = torch.mps.recommended_max_memory()
        return (Accelerator("mps", "Apple GPU", total, total - torch.mps.driver_allocated_memory(), bfloat16=True),)
    return ()
