"""One benchmark in a process of its own: `python -m benchmarks.part NAME [--quick]`."""

import argparse
import importlib


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    importlib.import_module(f"benchmarks.{asked.name}").run(asked.quick)


if __name__ == "__main__":
    main()
