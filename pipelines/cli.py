"""The command line: a thin layer over the library; its help text is its documentation."""

import typer

from pipelines.build import DEFAULT_LAKE
from pipelines.commands.ablate import ablate
from pipelines.commands.build import LogFormatOption, UntilOption, build
from pipelines.commands.complete import complete
from pipelines.commands.diff import diff
from pipelines.commands.duplicates import duplicates
from pipelines.commands.eval import eval_
from pipelines.commands.explain import explain
from pipelines.commands.export import export
from pipelines.commands.export_model import export_model
from pipelines.commands.forget import forget
from pipelines.commands.gc import gc
from pipelines.commands.generate import generate
from pipelines.commands.options import AsOfOption, BudgetOption, LakeOption, RatioOption, RecipeOption, SourcesOption
from pipelines.commands.preview import preview
from pipelines.commands.replay import replay
from pipelines.commands.report import report
from pipelines.commands.rules import rules
from pipelines.commands.status import status
from pipelines.commands.train import train
from pipelines.commands.train_classifier import train_classifier
from pipelines.commands.verify import verify
from pipelines.messages import run_command
from pipelines.stages import STAGE_NAMES

COMMANDS = (
    preview,
    build,
    rules,
    duplicates,
    explain,
    diff,
    report,
    train,
    ablate,
    train_classifier,
    eval_,
    export_model,
    export,
    forget,
    complete,
    generate,
    replay,
    status,
    verify,
    gc,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Pretraining-data mixtures: web text, code, commits and pull requests to token shards at an exact code ratio.",
)
for command in COMMANDS:
    app.command(command.__name__.strip("_").replace("_", "-"))(command)


def build_mix() -> None:
    """Entry of `spark-submit pipelines/build_mix.py`: the build command with the recipe as an option."""
    from pipelines.session import require_packages

    require_packages()
    command = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @command.command()
    def build_mix_command(
        recipe: RecipeOption = None,
        sources: SourcesOption = None,
        code_ratio: RatioOption = None,
        budget: BudgetOption = None,
        lake: LakeOption = DEFAULT_LAKE,
        until: UntilOption = STAGE_NAMES[-1],
        as_of: AsOfOption = None,
        log_format: LogFormatOption = None,
    ) -> None:
        """Build a mixture: run every stage that is not done yet, print the table and the folder of shards."""
        build(recipe, sources, code_ratio, budget, lake, None, until, as_of, log_format)

    run_command(command)


def main() -> None:
    """Entry of `mixdown`."""
    run_command(app)
