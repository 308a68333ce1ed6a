"""The dataset card's text, out of the manifest; names are data and never become markup."""

import re
from collections.abc import Iterator, Sequence

from mixer.manifest import MixtureManifest, Phase

# Every ASCII punctuation mark may be escaped (CommonMark 2.4); dots and colons too, so that no name becomes a link.
_PUNCTUATION = re.compile(r"[!-+./:-@\[-`{-~]")

PACKING = {
    "concat": "Documents stand behind each other, each closed by the end-of-text token, and are cut into rows. Every "
    "token is real.",
    "best_fit": "Documents are fitted into rows whole, as far as a row holds them; what is left of a row behind "
    "`n_tokens` is padding with the end-of-text id, which training should leave out.",
}

COLUMNS = """| column | type | meaning |
|---|---|---|
| `input_ids` | list of {id_type} | exactly {length} token ids |
| `source` | string | the source that every token of the row comes from |
| `phase` | string | the phase of training |
| `doc_starts` | list of int32 | positions in the row where documents start |
| `row` | int64 | number of the row in the mixture, from 0, without gaps |
| `n_tokens` | int32 | real tokens of the row; ids behind them are padding |
"""

LICENCES = """The rows are the sources' texts as token ids, and decode to these texts. They stay under their authors'
licences, and the mixture adds no right to them: that is what `license: other` stands for. The recipe in
`manifest.json` says which licence rules each source was held to; without such a rule, licences were not looked at.
Web pages seldom name one. Look at the sources above before you publish this dataset.
"""


def card_text(manifest: MixtureManifest, configurations: Sequence[str]) -> str:
    """The card behind its header; `configurations` name the phases where there are several."""
    sections = [
        _introduction(manifest),
        "## Load it\n\n" + _loading(configurations),
        "## Columns\n\n" + COLUMNS.format(id_type=manifest.tokenizer.id_type, length=f"{manifest.sequence_length:,}"),
        "## Composition\n\n" + "\n".join(_composition(manifest)),
        "## Packing\n\n" + PACKING[manifest.packing] + "\n",
        "## Tokenizer\n\n" + _tokenizer(manifest),
        "## Licences\n\n" + LICENCES,
        "## Where it comes from\n\n" + _provenance(manifest),
    ]
    if manifest.notes:
        sections.append("## Notes\n\n" + "".join(f"- {escaped(note)}\n" for note in manifest.notes))
    return "\n".join(sections)


def escaped(text: str) -> str:
    """`text` so that Markdown and HTML show it letter by letter, on one line and in a table's cell."""
    return _PUNCTUATION.sub(lambda match: f"\\{match[0]}", printable(text))


def printable(text: str) -> str:
    """`text` on one line, without characters that cannot be seen (control, direction, separators)."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _introduction(manifest: MixtureManifest) -> str:
    tokens = sum(source.actual_tokens for source in manifest.sources)
    return (
        f"# {escaped(manifest.name)}\n\nA mixture for pretraining language models, tokenized and packed: {tokens:,} "
        f"tokens in {manifest.rows:,} rows of {manifest.sequence_length:,}, from {len(manifest.sources)} sources in "
        f"{len(manifest.phases)} phases. Rows in the order of the files are the training order. Built by mixdown.\n"
    )


def _loading(configurations: Sequence[str]) -> str:
    lines = ["from datasets import load_dataset", "", 'rows = load_dataset("path/to/this/folder", split="train")']
    if configurations:
        lines += [f'phase = load_dataset("path/to/this/folder", "{name}", split="train")' for name in configurations]
    return "```python\n" + "\n".join(lines) + "\n```\n\nRows are in training order: do not shuffle them.\n"


def _composition(manifest: MixtureManifest) -> Iterator[str]:
    """A table a phase, then one of the sources over all phases; tokens are real ones."""
    available = {source.name: source.available_tokens for source in manifest.sources}
    for phase in manifest.phases:
        yield f"**Phase {escaped(phase.name)}**: {phase.rows:,} rows from row {phase.first_row:,} on.\n"
        yield _table(
            ["source", "asked", "target", "got", "tokens", "error in sequences", "epochs", "padding"],
            list(_phase_rows(phase, available)),
        )
    yield "All phases:\n"
    yield _table(
        ["source", "kind", "group", "documents", "share", "tokens", "epochs", "padding"],
        [
            [
                *(escaped(text) for text in (source.name, source.kind, source.group)),
                f"{source.documents:,}",
                f"{source.share:.2%}",
                f"{source.actual_tokens:,}",
                f"{source.epochs:.3f}",
                f"{source.padding_tokens:,}",
            ]
            for source in manifest.sources
        ],
    )
    yield (
        "Shares are of the tokens. The target is what was asked, after tokens that an epoch limit withheld were spread "
        "over other sources. The error is tokens got minus the target, in sequences, and between -1 and 1. Epochs are "
        "tokens over the tokens of one pass through the source.\n"
    )


def _phase_rows(phase: Phase, available_tokens: dict[str, int]) -> Iterator[list[str]]:
    for part in phase.sources:
        available = available_tokens.get(part.source, 0)
        yield [
            escaped(part.source),
            f"{part.asked_share:.2%}",
            f"{part.target_share:.2%}",
            f"{part.share:.2%}",
            f"{part.actual_tokens:,}",
            f"{part.error_sequences:+.3f}",
            f"{part.actual_tokens / available:.3f}" if available else "0.000",
            f"{part.padding_tokens:,}",
        ]


def _tokenizer(manifest: MixtureManifest) -> str:
    tokenizer = manifest.tokenizer
    end_id = tokenizer.special_tokens.get(tokenizer.end_of_text)
    return _table(
        ["", ""],
        [
            ["name", escaped(tokenizer.name)],
            ["package", escaped(f"{tokenizer.package} {tokenizer.package_version}")],
            ["ids", f"below {tokenizer.vocabulary_size:,}, {len(tokenizer.special_tokens)} of them special"],
            ["end of text", f"{escaped(tokenizer.end_of_text)}{'' if end_id is None else f', id {end_id}'}"],
            ["SHA-256 of the base vocabulary", escaped(tokenizer.vocabulary_sha256)],
        ],
    )


def _provenance(manifest: MixtureManifest) -> str:
    """What names the mixture's content, and what made it; the recipe itself stays in `manifest.json`."""
    rows = [["fingerprint", escaped(manifest.fingerprint)], ["seed", f"{manifest.seed}"]]
    rows += [[f"input {escaped(name)}", escaped(value)] for name, value in sorted(manifest.inputs.items())]
    rows += [[f"version of {escaped(name)}", escaped(value)] for name, value in sorted(manifest.versions.items())]
    return _table(["", ""], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
