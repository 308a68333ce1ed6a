"""How a run ended."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TrainResult:
    """Losses are of the first and the last step of the whole run, restarts included."""

    output: Path
    checkpoint: Path
    device: str
    parameters: int
    steps: int  # done in all
    resumed_from: int  # steps that an earlier run had done
    first_loss: float
    last_loss: float
    tokens: int  # fed in all, padding left out
    source_tokens: dict[str, int]
    changed_settings: list[str]  # against the checkpoint that was resumed
    rows_left_over: int  # rows of the mixture that this run did not feed
    validation: dict[str, float]  # bits per byte of held-out text by source, of the last step; empty: not measured
    ranks: int = 1
    branched_from: str | None = None  # the checkpoint whose weights the run began with


def describe(result: TrainResult) -> str:
    """The outcome in a few lines for the terminal."""
    on = result.device if result.ranks == 1 else f"{result.ranks} ranks of {result.device}"
    lines = [
        f"{result.steps} steps, loss {result.first_loss:.4f} -> {result.last_loss:.4f}, "
        f"{result.tokens:,} tokens, {result.parameters:,} parameters on {on}",
        "tokens by source: " + ", ".join(f"{name} {tokens:,}" for name, tokens in result.source_tokens.items()),
        f"checkpoint: {result.checkpoint}",
    ]
    if result.validation:
        told = ", ".join(f"{source} {bits:.4f}" for source, bits in result.validation.items())
        lines.append(f"bits per byte of held-out text: {told}")
    if result.branched_from:
        lines.append(f"began with the weights of {result.branched_from}")
    if result.resumed_from:
        lines.append(f"resumed after step {result.resumed_from}")
    if result.changed_settings:
        lines.append(f"settings that differ from the checkpoint's: {'; '.join(result.changed_settings)}")
    return "\n".join(lines)
