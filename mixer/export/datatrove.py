"""datatrove's token files, which nanotron reads too: a folder a phase, a row of the mixture as one document.

`X.ds` holds the tokens, `X.ds.index` where each document ends (in tokens, cumulative), `X.ds.metadata` three lines of
text, as `TokenizedFile` of datatrove 0.10 (`datatrove/pipeline/tokens/tokenizer.py`) writes them. Each phase gets a
folder of its own because a stage of nanotron's training reads whole folders.
"""

import math
import re

import numpy as np

from mixer.export.files import new_file, phase_stems
from mixer.export.rows import batches, phase_tokens
from mixer.manifest import MixtureManifest, Phase

INDEX_ENTRY_BYTES = 8


def write(mixture_uri: str, manifest: MixtureManifest, output_uri: str) -> list[str]:
    """Write `<stem>/<stem>.ds` with its index and metadata for every phase; the files' uris."""
    written = []
    for stem, phase in phase_stems(manifest):
        uri = f"{output_uri}/{stem}/{stem}.ds"
        _write_tokens(uri, mixture_uri, manifest, phase)
        content = metadata(manifest.tokenizer.name, _token_bytes(manifest), phase_tokens(phase)).encode()
        with new_file(f"{uri}.metadata", len(content)) as file:
            file.write(content)
        written += [uri, f"{uri}.index", f"{uri}.metadata"]
    return written


def metadata(tokenizer_name: str, token_bytes: int, tokens: int) -> str:
    """The text of `.metadata`: tokenizer and bytes a token, tokens, tokens for a person.

    Its readers split the first line at `|`, so a name may hold neither that nor a line break.
    """
    name = re.sub(r"[|\s]+", " ", tokenizer_name).strip() or "unknown"
    return f"{name}|{token_bytes}\n{tokens}\n{_metric(tokens)}"


def _token_bytes(manifest: MixtureManifest) -> int:
    """2 up to 65,536 ids, else 4: datatrove's own limit, and ours for `id_type`."""
    return np.dtype(manifest.tokenizer.id_type).itemsize


def _write_tokens(uri: str, mixture_uri: str, manifest: MixtureManifest, phase: Phase) -> None:
    token_bytes = _token_bytes(manifest)
    with (
        new_file(f"{uri}.index", phase.rows * INDEX_ENTRY_BYTES) as index,
        new_file(uri, phase_tokens(phase) * token_bytes) as tokens,
    ):
        end = 0
        for batch in batches(mixture_uri, manifest, phase):
            tokens.write(batch.tokens.astype(f"<u{token_bytes}", copy=False))
            ends = end + np.cumsum(batch.lengths, dtype=np.int64)
            index.write(ends.astype("<u8"))
            end = int(ends[-1])


def _metric(tokens: int) -> str:
    """`tokens` with three digits and an SI prefix, as `humanize.metric(tokens, unit="T")`: `1.23 MT`."""
    exponent = math.floor(math.log10(tokens)) if tokens else 0
    scaled = tokens / 10 ** (exponent // 3 * 3)
    digits = 2 - exponent % 3
    if round(scaled, digits) >= 10 ** (exponent % 3 + 1):  # 999.9 becomes 1.00 of the next prefix
        exponent += 1
        scaled = tokens / 10 ** (exponent // 3 * 3)
        digits = 2 - exponent % 3
    return f"{scaled:.{digits}f} {['', 'k', 'M', 'G', 'T', 'P', 'E'][exponent // 3]}T"
