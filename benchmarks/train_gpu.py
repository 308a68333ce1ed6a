"""Training speed of the presets on the GPU that is here: `python -m benchmarks.train_gpu`.

For each preset and sequence length the micro batch is doubled until the memory is full; then whole optimizer steps of
one micro batch (forward, backward, clip, AdamW) are timed after warm-up, with each way to compute that was asked for.
Rows are random tokens in documents of random length, attention stays inside them. MFU is `trainer.flops`'s, against
the dense bfloat16 peak. The last line is everything as JSON. Without a GPU it runs the tiny preset on the CPU for a
few steps, which shows that it works and nothing else.
"""

import argparse
import gc
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import torch

from trainer.compute import CHECKPOINTING, DTYPES, LOSSES, ComputeSettings
from trainer.flops import device_name, flops_per_token, model_flops_utilization, peak_flops
from trainer.memory import CL100K_VOCABULARY, training_memory
from trainer.model import Decoder
from trainer.presets import PRESETS, find_preset
from trainer.shard_rows import Rows
from trainer.step import make_optimizer, train_step

MICRO_BATCH_TOKENS = 65_536  # more do not make products faster
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Case:
    """What is timed."""

    preset: str
    sequence_length: int
    rows: int  # at once, and in a step
    compute: ComputeSettings


@dataclass(frozen=True)
class Measured:
    """What came out; only `error` where it did not fit."""

    tokens_per_second: float | None = None
    mfu: float | None = None
    step_seconds: float | None = None
    warmup_seconds: float | None = None  # compilation too
    peak_bytes: int | None = None
    computed_bytes: int | None = None  # trainer.memory's estimate
    loss: float | None = None
    error: str | None = None


class Bench:
    """Times cases on one device."""

    def __init__(self, device: torch.device, options: argparse.Namespace) -> None:
        self._device, self._options = device, options
        self._peak = peak_flops(device_name(device))

    def largest_rows(self, preset: str, sequence_length: int) -> int:
        """Rows of the largest micro batch, a power of two, that fits without compilation; 0 if none does."""
        rows, fitting = 1, 0
        while rows * sequence_length <= self._options.micro_batch_tokens:
            case = Case(preset, sequence_length, rows, self.compute(False, self._options.loss[0]))
            if self.measure(case, warmup=1, steps=1).error:
                break
            fitting, rows = rows, rows * 2
        return fitting

    def compute(self, compiled: bool, loss: str) -> ComputeSettings:
        """The settings of one case."""
        return ComputeSettings(compiled, self._options.activation_checkpointing, self._options.dtype, loss)

    def measure(self, case: Case, warmup: int, steps: int) -> Measured:
        """Speed over `steps` steps after `warmup` ones."""
        try:
            return self._measure(case, warmup, steps)
        except torch.OutOfMemoryError:
            return Measured(error=OUT_OF_MEMORY)
        except RuntimeError as error:
            if "CUBLAS_STATUS_ALLOC_FAILED" in str(error):  # cuBLAS asks for its workspace by itself
                return Measured(error=OUT_OF_MEMORY)
            raise
        finally:
            torch.compiler.reset()  # it keeps a few shapes only, and each case has its own
            gc.collect()
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()

    def _measure(self, case: Case, warmup: int, steps: int) -> Measured:
        vocabulary = self._options.vocabulary
        torch.manual_seed(0)
        with self._device:
            model = Decoder(find_preset(case.preset), vocabulary, case.compute)
        optimizer = make_optimizer(model)
        batch = make_rows(case.rows, case.sequence_length, vocabulary, self._options.document_tokens)

        def run(count: int) -> tuple[float, float]:
            started = self._now()
            for _ in range(count):
                outcome = train_step(
                    model,
                    optimizer,
                    batch,
                    1e-4,
                    micro_batch_rows=case.rows,
                    within_documents=True,
                    stay_inside_documents=False,
                )
            return self._now() - started, outcome.loss

        warmup_seconds, _ = run(warmup)
        seconds, loss = run(steps)
        speed = steps * case.rows * case.sequence_length / seconds
        flops = flops_per_token(model.preset, vocabulary, case.sequence_length)
        return Measured(
            tokens_per_second=speed,
            mfu=model_flops_utilization(speed, flops, self._peak),
            step_seconds=seconds / steps,
            warmup_seconds=warmup_seconds,
            peak_bytes=torch.cuda.max_memory_allocated() if self._device.type == "cuda" else None,
            computed_bytes=self._computed_bytes(case),
            loss=loss,
        )

    def _computed_bytes(self, case: Case) -> int:
        return training_memory(
            find_preset(case.preset),
            self._options.vocabulary,
            case.sequence_length,
            case.rows,
            checkpointing=case.compute.activation_checkpointing == "blocks",
            product_bytes=case.compute.product_dtype(self._device).itemsize,
        ).total

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def make_rows(rows: int, sequence_length: int, vocabulary: int, document_tokens: int) -> Rows:
    """Rows of random tokens; a document starts at each with probability 1 / `document_tokens`."""
    generator = np.random.default_rng(0)
    ids = generator.integers(0, vocabulary, (rows, sequence_length))
    starts = [
        np.flatnonzero(generator.random(sequence_length) < 1 / document_tokens).astype(np.int32) for _ in range(rows)
    ]
    return Rows(np.arange(rows), ids, np.full(rows, sequence_length), starts, ["random"] * rows)


def describe(case: Case, measured: Measured) -> str:
    """One line of the table."""
    ways = "compiled" if case.compute.compile else "eager"
    head = f"{case.preset:5} {case.sequence_length:6,} x {case.rows:<3} {ways:8} {case.compute.loss:5}"
    if measured.error:
        return f"{head} {measured.error}"
    mfu = "MFU unknown" if measured.mfu is None else f"MFU {measured.mfu:.1%}"
    memory = "" if measured.peak_bytes is None else f" {measured.peak_bytes / 2**30:.1f} GiB"
    return f"{head} {measured.tokens_per_second:12,.0f} tokens/s  {mfu}{memory}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Time what is asked; 0, or 1 when nothing fitted."""
    options = _parser().parse_args(arguments)
    device = torch.device("cuda" if torch.cuda.is_available() and not options.cpu else "cpu")
    if device.type == "cpu":
        print("no GPU is here: the tiny preset on the CPU, a few steps, not a measurement", flush=True)
        options.presets, options.lengths, options.steps, options.warmup = ["tiny"], [128], 2, 1
        options.micro_batch_tokens = min(options.micro_batch_tokens, 256)
    print(f"{device_name(device)}, torch {torch.__version__}, vocabulary {options.vocabulary:,}", flush=True)
    bench, results = Bench(device, options), []
    for preset, length in product(options.presets, options.lengths):
        rows = options.rows or bench.largest_rows(preset, length)
        if not rows:
            print(f"{preset:5} {length:6,} x 1   {OUT_OF_MEMORY}", flush=True)
            continue
        for compiled, loss in product(options.compile, options.loss):
            case = Case(preset, length, rows, bench.compute(compiled == "on", loss))
            measured = bench.measure(case, options.warmup, options.steps)
            print(describe(case, measured), flush=True)
            results.append(asdict(case) | asdict(measured))
    head = {"device": device_name(device), "torch": torch.__version__, "vocabulary": options.vocabulary}
    print(json.dumps(head | {"steps": options.steps, "results": results}))
    return 0 if any(result["error"] is None for result in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_gpu", description="Training speed on a GPU.")
    add = parser.add_argument
    add("--presets", nargs="+", choices=PRESETS, default=["60m", "160m", "470m", "2.8b"])
    add("--lengths", nargs="+", type=int, default=[2048, 8192], help="tokens in a row (default: 2048 8192)")
    add("--compile", nargs="+", choices=("off", "on"), default=["off", "on"])
    add("--loss", nargs="+", choices=LOSSES, default=["fused"], help="give both to compare them (default: fused)")
    add("--activation-checkpointing", choices=CHECKPOINTING, default="none")
    add("--dtype", choices=DTYPES, default="auto")
    add("--rows", type=int, help="rows at once (default: as many as fit)")
    add("--micro-batch-tokens", type=int, default=MICRO_BATCH_TOKENS, help="no larger micro batch is tried")
    add("--document-tokens", type=int, default=600, help="mean length of a document (default: 600)")
    add("--vocabulary", type=int, default=CL100K_VOCABULARY)
    add("--warmup", type=int, default=3, help="steps that do not count (default: 3)")
    add("--steps", type=int, default=10, help="steps that are timed (default: 10)")
    add("--cpu", action="store_true", help="as if there were no GPU")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
