"""Memory that training takes on one device, computed before it is paid for: `python -m trainer.memory --preset 470m`.

Weights, gradients and AdamW's two moments are float32: 16 bytes a parameter. What is computed from them is counted in
elements of the forward pass that the backward pass needs; compiled blocks keep less, so that is a bound from above.
torch itself, its allocator's gaps and NCCL's buffers are not in it: leave a tenth of the device.
"""

import argparse
from dataclasses import dataclass

from trainer.loss_rows import LOGIT_BUFFER_BYTES
from trainer.padding import padded_size
from trainer.presets import PRESETS, Preset, find_preset

FLOAT32_BYTES = 4
BFLOAT16_BYTES = 2
CL100K_VOCABULARY = 100_307  # the default tokenizer with its special tokens
GIB = 1 << 30


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes on each device."""

    weights: int
    gradients: int
    optimizer: int
    gathered: int  # whole weights of what is computed at the moment, where they are sharded (FSDP2)
    activations: int
    loss: int

    @property
    def total(self) -> int:
        """All of it, as if every part were at its largest at once."""
        return self.weights + self.gradients + self.optimizer + self.gathered + self.activations + self.loss


def training_memory(
    preset: Preset,
    vocabulary_size: int,
    sequence_length: int,
    micro_batch_rows: int,
    *,
    checkpointing: bool = False,
    product_bytes: int = BFLOAT16_BYTES,
    shards: int = 1,
) -> TrainingMemory:
    """Of one device that computes `micro_batch_rows` rows at once; `shards` are FSDP2's ranks, 1 under DDP.

    `product_bytes` is the size of a factor of a matrix product.
    """
    embedding = vocabulary_size * preset.width
    states = -(-FLOAT32_BYTES * (preset.non_embedding_parameters + embedding) // shards)
    tokens = micro_batch_rows * sequence_length
    return TrainingMemory(
        weights=states,
        gradients=states,
        optimizer=2 * states,
        # The outermost group stays whole, one block is computed while the next one arrives.
        gathered=FLOAT32_BYTES * (embedding + 2 * _block_parameters(preset)) if shards > 1 else 0,
        activations=activation_bytes(preset, tokens, product_bytes, checkpointing=checkpointing),
        loss=_loss_bytes(vocabulary_size, preset.width, tokens, product_bytes),
    )


def activation_bytes(preset: Preset, tokens: int, product_bytes: int, *, checkpointing: bool) -> int:
    """What the forward pass of the blocks and the last norm keeps for the backward pass, with factors' own copies."""
    width, inner, heads = preset.width, preset.inner, preset.heads
    copies = 0 if product_bytes == FLOAT32_BYTES else product_bytes * preset.layers * _block_parameters(preset)
    # The residual stream is float32, so are a norm's mean and deviation and attention's sum of exponentials.
    stream = FLOAT32_BYTES * width
    # Outside of compiled code each of the five products that normed states go into has a narrower copy of its own.
    normed = width if product_bytes == FLOAT32_BYTES else 5 * width
    # Those; value, and query and key rotated; attended, by heads and by tokens; gate, up, silu(gate), and that by up.
    products = product_bytes * (normed + 3 * width + 2 * width + 4 * inner)
    block = stream + FLOAT32_BYTES * (2 + heads) + products
    final = stream + 2 * FLOAT32_BYTES
    if checkpointing:
        return tokens * (preset.layers * stream + block + final) + copies // preset.layers
    return tokens * (preset.layers * block + final) + copies


def _block_parameters(preset: Preset) -> int:
    return (preset.non_embedding_parameters - preset.width) // preset.layers


def _loss_bytes(vocabulary_size: int, width: int, tokens: int, product_bytes: int) -> int:
    """A chunk of logits; the embedding's copy, a part of its gradient, the gradient twice; the states' gradients."""
    vocabulary = padded_size(vocabulary_size)
    logits = min(tokens * vocabulary * product_bytes, LOGIT_BUFFER_BYTES)
    embeddings = vocabulary * width * (2 * product_bytes + 2 * FLOAT32_BYTES)
    return logits + embeddings + tokens * width * (product_bytes + 3 * FLOAT32_BYTES)


def memory_table(vocabulary_size: int, sequence_length: int, micro_batch_rows: int = 1) -> list[list[str]]:
    """Rows of GiB for docs and terminal: preset, states, the loss, activations without and with checkpointing."""
    table = []
    for preset in PRESETS.values():
        plain = training_memory(preset, vocabulary_size, sequence_length, micro_batch_rows)
        kept = training_memory(preset, vocabulary_size, sequence_length, micro_batch_rows, checkpointing=True)
        sizes = (plain.weights + plain.gradients + plain.optimizer, plain.loss, plain.activations, kept.activations)
        table.append([preset.name, *(f"{size / GIB:.2f}" for size in sizes)])
    return table


def main() -> None:
    """Print the memory of one setting."""
    parser = argparse.ArgumentParser(prog="python -m trainer.memory", description="Memory of training, on each device.")
    parser.add_argument("--preset", default="470m", choices=PRESETS)
    parser.add_argument("--vocabulary", type=int, default=CL100K_VOCABULARY)
    parser.add_argument("--sequence-length", type=int, default=2048)
    parser.add_argument("--micro-batch-rows", type=int, default=1)
    parser.add_argument("--activation-checkpointing", default="none", choices=("none", "blocks"))
    parser.add_argument("--shards", type=int, default=1, help="ranks of FSDP2 (default: 1, as with DDP)")
    asked = parser.parse_args()
    memory = training_memory(
        find_preset(asked.preset),
        asked.vocabulary,
        asked.sequence_length,
        asked.micro_batch_rows,
        checkpointing=asked.activation_checkpointing == "blocks",
        shards=asked.shards,
    )
    for name, size in (*vars(memory).items(), ("total", memory.total)):
        print(f"{name:12} {size / GIB:8.2f} GiB")


if __name__ == "__main__":
    main()
