"""PII and keys beside datatrove's PIIFormatter and detect-secrets: speed, and what each finds.

Code is Python files of the environment; prose is the fabricated prose of `word_text.py` with an address, a number or an
IP in one document of five. Every candidate sees the same documents in the same round; CPU seconds, medians. Twelve
kinds of made-up keys are planted in copies of files, and counted as found where a finding lies on the line.

datatrove replaces emails and IPv4 addresses alone. detect-secrets runs without its checks over the network.
"""

import random
import string
import sysconfig
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from datatrove.pipeline.formatters.pii import PIIFormatter
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

from benchmarks.harness import interleaved, machine, print_result, workspace
from benchmarks.word_text import COMMON
from quality.signal_group import documents_of
from quality.signals.pii import SIGNALS, PiiSettings

BASE62 = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
PLANTED: dict[str, Callable[[Callable[[str, int], str]], str]] = {
    "github": lambda body: f'x = "gh{""}p_{body(BASE62, 36)}"',
    "aws access key": lambda body: f'x = "AK{""}IA{body(string.ascii_uppercase + "234567", 16)}"',
    "aws secret": lambda body: f'aws_secret_access_key = "{body(BASE62 + "/+", 40)}"',
    "slack": lambda body: f'x = "xo{""}xb-{body(string.digits, 12)}-{body(string.digits, 12)}-{body(BASE62, 24)}"',
    "stripe": lambda body: f'x = "sk_{""}live_{body(BASE62, 24)}"',
    "sendgrid": lambda body: f'x = "SG{""}.{body(BASE62, 22)}.{body(BASE62, 43)}"',
    "openai": lambda body: f'x = "sk{""}-{body(BASE62, 20)}T3BlbkFJ{body(BASE62, 20)}"',
    "google": lambda body: f'x = "AI{""}za{body(BASE62, 35)}"',
    "api_key, base62": lambda body: f'api_key = "{body(BASE62, 32)}"',
    "secret, hex": lambda body: f'client_secret = "{body(HEX, 32)}"',
    "password, 20": lambda body: f'"password": "{body(BASE62, 20)}",',
    "url password": lambda body: f'url = "postgres://ann:{body(BASE62, 16)}@db.mailbox.org/shop"',
}
PLANTED_OF_EACH = 100
CODE_BYTES, CODE_BYTES_QUICK = 8_000_000, 1_000_000
SLOW_CODE_BYTES = 1_000_000  # detect-secrets sees so much
PROSE_BYTES = 4_000_000


def run(quick: bool) -> None:
    """Print speeds and what was found."""
    rounds = 2 if quick else 3
    print(machine())
    code = _code(CODE_BYTES_QUICK if quick else CODE_BYTES)
    prose = _prose(PROSE_BYTES // (4 if quick else 1))
    _print_recall()
    ratio = _print_prose_speed(prose, rounds)
    with workspace() as folder:
        _print_code_speed(code, folder, rounds)
    print_result("pii", ratio)


def _print_prose_speed(prose: list[str], rounds: int) -> float:
    n_bytes = sum(len(text.encode()) for text in prose)
    formatter = PIIFormatter()
    seconds = interleaved(
        {
            "mixdown": lambda: _measure(prose, code=False),
            "datatrove": lambda: [formatter.format(text) for text in prose],
        },
        rounds,
    )
    for name, taken in seconds.items():
        print(f"prose, {name}: {n_bytes / taken / 1e6:.1f} MB per CPU second")
    return seconds["datatrove"] / seconds["mixdown"]


def _print_code_speed(code: list[str], folder: Path, rounds: int) -> None:
    n_bytes = sum(len(text.encode()) for text in code)
    paths = _written(code, folder, SLOW_CODE_BYTES)
    n_slow_bytes = sum(path.stat().st_size for path in paths)
    seconds = interleaved(
        {"mixdown": lambda: _measure(code, code=True), "detect-secrets": lambda: _detect_secrets(paths)}, rounds
    )
    print(f"code, mixdown: {n_bytes / seconds['mixdown'] / 1e6:.1f} MB per CPU second")
    print(f"code, detect-secrets: {n_slow_bytes / seconds['detect-secrets'] / 1e6:.2f} MB per CPU second")
    texts = [path.read_text("utf-8") for path in paths]
    ours = int(np.sum(np.asarray(_measure(texts, code=True)["n_keys"])))
    theirs = len(_detect_secrets(paths))
    print(f"keys in {n_slow_bytes:,} bytes of installed code: mixdown {ours}, detect-secrets {theirs}")


def _print_recall() -> None:
    draw = random.Random(11)

    def body(alphabet: str, n_chars: int) -> str:
        return "".join(draw.choices(alphabet, k=n_chars))

    with workspace() as folder:
        path = folder / "settings.py"
        for name, make in PLANTED.items():
            lines = [make(body) for _ in range(PLANTED_OF_EACH)]
            path.write_text("\n".join(lines) + "\n", "utf-8")
            ours = int(np.sum(np.asarray(_measure([line + "\n" for line in lines], code=True)["n_keys"]) > 0))
            print(f"{name}: of {PLANTED_OF_EACH} mixdown {ours}, detect-secrets {len(_detect_secrets([path]))}")


def _measure(texts: list[str], code: bool) -> dict[str, pa.Array]:
    path = pa.array(["a.py" if code else None] * len(texts), pa.string())
    return dict(SIGNALS.measure(documents_of(pa.array(texts), path=path), PiiSettings()).columns)


def _detect_secrets(paths: list[Path]) -> set[tuple[str, int]]:
    """File and line of every finding."""
    with default_settings() as settings:
        settings.disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")
        return {(found.filename, found.line_number) for path in paths for found in scan_file(str(path))}


def _code(n_bytes: int) -> list[str]:
    """Python files of the environment in the order of their paths, every seventh, until there are `n_bytes`."""
    texts: list[str] = []
    size = 0
    for path in sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*.py"))[::7]:
        texts.append(path.read_text("utf-8", "replace"))
        size += len(texts[-1].encode())
        if size >= n_bytes:
            break
    return texts


def _written(texts: list[str], folder: Path, n_bytes: int) -> list[Path]:
    paths: list[Path] = []
    size = 0
    for i, text in enumerate(texts):
        paths.append(folder / f"{i}.py")
        size += paths[-1].write_bytes(text.encode())
        if size >= n_bytes:
            break
    return paths


def _prose(n_bytes: int) -> list[str]:
    draw = random.Random(5)
    words = COMMON
    texts: list[str] = []
    size = 0
    while size < n_bytes:
        picked = draw.choices(words, k=draw.randint(100, 1000))
        if draw.random() < 0.2:
            picked[50] = draw.choice(["ann.lee@mailbox.org", "77.21.132.33", "+49 30 1234567", "202-456-0143"])
        texts.append(" ".join(picked) + ".")
        size += len(texts[-1])
    return texts
