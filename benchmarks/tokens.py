"""Token ids beside Hugging Face tokenizers and tiktoken: cl100k_base, one thread, CPU time, ids compared one by one.

`make bench ONLY=tokens`. Documents are those of `benchmarks/documentation.py`. "cold" is a new engine every time, its
vocabulary read and nothing remembered; "warm" is one that goes on, as a worker does from its second part on.
"""

import json
import os
from collections.abc import Callable

import tiktoken
import tokenizers

from benchmarks.documentation import documents, first_bytes, megabytes, packages_folder
from benchmarks.harness import interleaved, machine, print_result
from mixer.token_engine import FastEncoder
from mixer.tokens import ENCODINGS, Tokenizer
from trainer.export.tokenizer_json import tokenizer_json

TIMED_BYTES, TIMED_QUICK = 20_000_000, 2_000_000
PEER_SHARE = 10  # tokenizers reads a tenth of it
ROUNDS = 5


def run(quick: bool) -> None:
    """Print whether ids are equal, then speeds and ratios."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    print(machine(), f"tokenizers {tokenizers.__version__}, tiktoken {tiktoken.__version__}")
    compare([text.text for text in documents(packages_folder())], TIMED_QUICK if quick else TIMED_BYTES)


def compare(texts: list[str], n_bytes: int) -> None:
    """The comparison on the first `n_bytes` of the texts."""
    ours, theirs = first_bytes(texts, n_bytes), first_bytes(texts, n_bytes // PEER_SHARE)
    base = tiktoken.get_encoding(ENCODINGS["cl100k_base"])
    peer = tokenizers.Tokenizer.from_str(json.dumps(tokenizer_json(Tokenizer("cl100k_base"))))
    warm = FastEncoder(base)
    same = sum(warm(text).tolist() == peer.encode(text, add_special_tokens=False).ids for text in theirs)
    same_base = sum(warm(text).tolist() == base.encode_ordinary(text) for text in ours)
    print(f"equal ids: {same:,} of {len(theirs):,} (tokenizers), {same_base:,} of {len(ours):,} (tiktoken)")

    def encoded(encode: Callable[[str], object], of: list[str]) -> Callable[[], object]:
        return lambda: [encode(text) for text in of]

    candidates = {
        "mixdown, warm": encoded(warm, ours),
        "mixdown, cold": lambda: encoded(FastEncoder(base), ours)(),
        "tiktoken": encoded(base.encode_ordinary, ours),
        "tokenizers": encoded(lambda text: peer.encode(text, add_special_tokens=False), theirs),
    }
    sizes = {name: megabytes(theirs if name == "tokenizers" else ours) for name in candidates}
    speeds = {name: sizes[name] / seconds for name, seconds in interleaved(candidates, ROUNDS).items()}
    for name, speed in speeds.items():
        print(f"{name:16} {speed:8.2f} MB per CPU second")
    fast, cold, slow, plain = speeds.values()
    print_result("tokens", fast / plain, cold=round(cold / plain, 1), tiktoken=round(fast / slow, 1), equal_ids=same)
