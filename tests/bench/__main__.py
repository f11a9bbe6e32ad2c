"""`python -m tests.bench [NAME ...]`: run the measurements and print their tables.

A measurement is a module of this package with `async def measure(data: Path) -> list[Table]`, where `data` is the
folder of evaluation data (`../shared/data`, or LORELENS_BENCH_DATA). One whose data is absent says so and is left out.
"""

import asyncio
import importlib
import os
import pkgutil
import sys
import time
from pathlib import Path

import tests.bench

_ROOT = Path(__file__).parents[2]
_NOT_MEASUREMENTS = {"__main__", "tables"}


def main(names: list[str]) -> int:
    """Run the named measurements, or all of them. Threads of libraries wait as they do in `lorelens`."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    data = Path(os.environ.get("LORELENS_BENCH_DATA", _ROOT.parent / "shared" / "data"))
    known = sorted(
        module.name for module in pkgutil.iter_modules(tests.bench.__path__) if module.name not in _NOT_MEASUREMENTS
    )
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.stderr.write(f"No measurement is called {', '.join(unknown)}. There are: {', '.join(known)}.\n")
        return 2
    if not data.is_dir():
        sys.stderr.write(f"The evaluation data is not at {data}. Set LORELENS_BENCH_DATA to where it is.\n")
        return 2
    for name in names or known:
        module = importlib.import_module(f"tests.bench.{name}")
        started = time.perf_counter()
        tables = asyncio.run(module.measure(data))
        print(f"\n## {name} ({time.perf_counter() - started:.0f} s)\n", flush=True)
        print("\n\n".join(table.markdown() for table in tables), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
