"""The state of torch's random generators, the only ones that training uses."""

from typing import Any

import torch


def random_state() -> dict[str, Any]:
    """State on the CPU and, where there is one, on this process' GPU."""
    return {"cpu": torch.get_rng_state(), "cuda": [torch.cuda.get_rng_state()] if torch.cuda.is_available() else []}


def restore_random_state(state: dict[str, Any]) -> None:
    """Set torch's generators to a saved state."""
    torch.set_rng_state(state["cpu"])
    if torch.cuda.is_available() and state["cuda"]:
        torch.cuda.set_rng_state(state["cuda"][0])
