"""The reference tables name every key, column and reason that the code has, and its defaults."""

import ast
import re
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from dedup.repeats.settings import LineSettings, SubstringSettings
from dedup.settings import DedupSettings
from mixer import manifest
from mixer.blocks import block_schema
from mixer.shards import shard_schema
from mixer.tokens import SENTINELS, tokenizer
from pipelines.document import DOCUMENT_SCHEMA, REFUSED_SCHEMA
from pipelines.lake import Books, PartFile, StageManifest
from pipelines.recipe import Recipe, RetentionSpec
from pipelines.recipe_keys.phases import PhaseSpec
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.recipe_keys.validation import ValidationSpec
from pipelines.source import source_kinds
from pipelines.steps.annotate import ANNOTATED_SCHEMA
from pipelines.steps.decide import VERDICT_SCHEMA
from pipelines.steps.deduplicate import REMOVED_SCHEMA
from pipelines.steps.tokenize_blocks import INDEX_SCHEMA
from pipelines.survivors import CUTS_SCHEMA
from quality.rule import rules
from quality.signal_group import signal_groups
from tests.docs.pages import ROOT, code_spans, read, rows, section

FORMATS, RECIPES, SOURCES = "docs/formats.md", "docs/recipes.md", "docs/sources.md"
LISTS = "docs/lists-and-blocks.md"

GROUPS_OF_LISTS = ("urls", "unsafe_words", "boilerplate", "perplexity", "datatrove")

KEY_SECTIONS: list[tuple[str, str, type[BaseModel]]] = [
    (RECIPES, "## The whole recipe", Recipe),
    (RECIPES, "### Sources", SourceSpec),
    (RECIPES, "### Phases", PhaseSpec),
    (RECIPES, "### Dedup", DedupSettings),
    (RECIPES, "### Lines", LineSettings),
    (RECIPES, "### Substrings", SubstringSettings),
    (RECIPES, "### Retention", RetentionSpec),
    (RECIPES, "### Validation", ValidationSpec),
    *((RECIPES, f"### `{rule.name}`", rule.settings) for rule in rules().values()),
    *((LISTS, f"## `{name}`", signal_groups()[name].settings) for name in GROUPS_OF_LISTS),
    *((SOURCES, f"## `{kind.name}`", kind.options) for kind in source_kinds().values()),
]


def shown(default: Any) -> str | None:
    """A default as the pages write it; None where they say it in words."""
    if default is PydanticUndefined or isinstance(default, BaseModel | dict | list):
        return None
    if default is None:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple | frozenset):
        members = default if isinstance(default, tuple) else sorted(default)
        return f"`[{', '.join(str(member) for member in members)}]`"
    return f"`{default}`"


@pytest.mark.parametrize(("page", "heading", "model"), KEY_SECTIONS, ids=lambda value: str(value).split(".")[-1])
def test_every_key_has_its_row_with_the_default(page: str, heading: str, model: type[BaseModel]) -> None:
    table = {row[0].strip("`"): row[1] for row in rows(section(page, heading)) if re.fullmatch(r"`\w+`", row[0])}
    for name, field in model.model_fields.items():
        assert name in table, f"{name} has no row under {heading} of {page}"
        expected = shown(field.default)
        if field.is_required():
            assert table[name] == "required", name
        elif expected is not None and not (expected == "none" and table[name].startswith("the ")):
            assert table[name] == expected, name


def test_every_reason_of_a_rule_is_in_its_table() -> None:
    for rule in rules().values():
        named = code_spans(section(RECIPES, f"### `{rule.name}`"))
        assert {check.reason for check in rule.checks(rule.settings())} <= named


def test_every_signal_group_has_its_row() -> None:
    listed = {row[0].strip("`"): row[1] for row in rows(section(RECIPES, "## Measuring"))}
    for group in signal_groups().values():
        assert listed[group.name] == ", ".join(sorted(group.measured_for, reverse=True) or ["where it is asked for"])


MODELS = [value for value in vars(manifest).values() if isinstance(value, type) and issubclass(value, BaseModel)]


@pytest.mark.parametrize("model", [*MODELS, StageManifest, Books, PartFile], ids=lambda model: model.__name__)
def test_every_field_of_a_manifest_is_named(model: type[BaseModel]) -> None:
    assert set(model.model_fields) <= code_spans(read(FORMATS))


TABLES = {
    "### Shards": shard_schema("uint32"),
    "### Validation files": pa.schema([("n_bytes", pa.int64())]),
    "### Documents: `ingest/*/part-*`": DOCUMENT_SCHEMA,
    "### Refused: `ingest/*/refused-*`": REFUSED_SCHEMA,
    "### Measurements: `annotate/*/part-*`": ANNOTATED_SCHEMA,
    "### Verdicts: `decide/*/part-*`": VERDICT_SCHEMA,
    "### Duplicates: `dedup/*/removed-*`": REMOVED_SCHEMA,
    "### Cuts: `repeats/*/cuts-*`": CUTS_SCHEMA,
    "### Token blocks: `tokenize/*/block-*`": pa.schema([*block_schema("uint32"), *INDEX_SCHEMA.remove(2)]),
}


@pytest.mark.parametrize("heading", TABLES)
def test_every_column_is_named(heading: str) -> None:
    assert set(TABLES[heading].names) <= code_spans(section(FORMATS, heading))


def test_the_token_ids_are_the_vocabularys() -> None:
    text = section(FORMATS, "### Tokens")
    special = tokenizer("cl100k_base").special_tokens
    listed = re.findall(r"`(<\w+>)`", text[text.index("| 100277 to 100306 |") :].split("\n\n")[1])
    assert tuple(listed) == SENTINELS
    assert (special[SENTINELS[0]], special[SENTINELS[-1]]) == (100277, 100306)
    for row in rows(text):
        tokens = re.findall(r"`(<\|\w+\|>)`", row[1])
        assert [special[token] for token in tokens] == [int(number) for number in row[0].split(", ") if tokens], row


REASON = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+|binary|symlink|submodule|chunked|undecodable|unreadable")
REFUSALS = {
    "Rejected",
    "Quarantined",
    "_Turned",
    "NotText",
    "ObjectError",
    "ExtractionFailed",
    "UnreadableBody",
    "DiffError",
    "SkippedFile",
    "NoText",
    "BadTag",
    "Unreadable",
}


def reasons() -> set[str]:
    """Every constant that the sources give as a reason, found in their code."""
    found = set()
    for path in [
        *(ROOT / "pipelines" / "sources").rglob("*.py"),
        *(ROOT / "pipelines" / "readers").rglob("*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                arguments = [part for argument in node.args for part in ast.walk(argument)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "RULES":
                arguments = list(ast.walk(node))
            else:
                continue
            constants = {part.value for part in arguments if isinstance(part, ast.Constant)}
            found |= {value for value in constants if isinstance(value, str) and REASON.fullmatch(value)}
    return found


def test_every_reason_of_a_source_is_named() -> None:
    found = reasons()
    assert len(found) > 40
    assert found - code_spans(read(SOURCES)) == set()
