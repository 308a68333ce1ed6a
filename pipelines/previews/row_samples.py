"""A few rows of a mixture that is not built yet, made from its token blocks."""

from functools import partial

from rich.text import Text

from mixer.plan import MixturePlan
from mixer.shards import ShardMaker
from mixer.tokens import tokenizer
from pipelines.block_sets import block_set, read_block
from pipelines.context import Context
from pipelines.reporting.samples import Sample, sample_of
from pipelines.steps.mix import token_format


def planned_rows(context: Context, plan: MixturePlan, count: int) -> list[tuple[str, Sample]]:
    """(source, decoded row) of `count` rows spread evenly over the training order."""
    decoder = tokenizer(context.recipe.tokenizer.name)
    folders = {source.name: block_set(context, source.name).folders for source in plan.request.sources}
    found = []
    for number in range(min(count, plan.rows)):
        row = (2 * number + 1) * plan.rows // (2 * min(count, plan.rows))
        shard = next(each for each in plan.shards if each.first_row <= row < each.first_row + each.rows)
        maker = ShardMaker(plan, shard, token_format(decoder.name), partial(read_block, folders))
        made = maker.rows(row - shard.first_row, 1)
        ids = made.column("input_ids").combine_chunks().values.to_numpy()
        values = made.select(["source", "doc_starts", "n_tokens"]).to_pylist()[0]
        sample = sample_of(row, ids, values["doc_starts"], values["n_tokens"], decoder)
        found.append((str(values["source"]), sample))
    return found


def as_text(source: str, sample: Sample) -> Text:
    """A row for a terminal: special tokens stand out, control characters are spelled out."""
    text = Text()
    text.append(
        f"row {sample.row}, {source}: tokens {sample.first_token} to {sample.end_token} of {sample.tokens}, "
        f"{sample.documents_started} documents start here, {sample.padding_tokens} padding\n",
        style="bold",
    )
    for passage in sample.passages:
        text.append("▌" if passage.starts_document else "…", style="bold")
        for piece in passage.pieces:
            text.append(printable(piece.text), style="reverse" if piece.special else "")
        text.append("\n")
    return text


def printable(text: str) -> str:
    """The text without what could steer a terminal: control and format characters are escaped, line ends stay."""
    return "".join(each if each.isprintable() or each in "\n\t" else f"\\u{ord(each):04x}" for each in text)
