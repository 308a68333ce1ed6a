"""`mixdown train`: a model trained on a mixture, with the options of `python -m trainer.train`."""

import argparse
import inspect
from typing import Annotated, Any

import typer

from trainer.options import make_parser


def train(**options: Any) -> None:
    """Train a model on a mixture; a run that was stopped goes on from its last checkpoint."""
    from trainer.command import run_training

    options = {name: value is False if name in _SWITCHED_OFF else value for name, value in options.items()}
    if not options["within_documents"] and options["stay_inside_documents"]:
        raise typer.BadParameter("--across-documents and --stay-inside-documents exclude each other")
    run_training(options)


_ACTIONS = [action for action in make_parser()._actions if action.dest != "help"]
# An option such as --no-resume is false when it is given; typer's flags are true then.
_SWITCHED_OFF = {action.dest for action in _ACTIONS if isinstance(action, argparse._StoreFalseAction)}


def _parameters() -> list[inspect.Parameter]:
    """The parser's arguments as typer reads them from a function: one list of options, not two."""
    return [
        inspect.Parameter(
            action.dest, inspect.Parameter.KEYWORD_ONLY, default=_default(action), annotation=_annotation(action)
        )
        if action.option_strings
        else inspect.Parameter(
            action.dest,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[str, typer.Argument(metavar=str(action.metavar), help=action.help)],
        )
        for action in _ACTIONS
    ]


def _default(action: argparse.Action) -> Any:
    return False if action.dest in _SWITCHED_OFF else action.default


def _annotation(action: argparse.Action) -> Any:
    """Its type, its option and its help, which names the default itself."""
    option = typer.Option(*action.option_strings, help=action.help, show_default=False, metavar=_metavar(action))
    if action.nargs == 0:
        return Annotated[bool, option]
    kind: Any = action.type or str
    if isinstance(action, argparse._AppendAction):
        kind = list[kind]
    return Annotated[kind if action.default is not None else kind | None, option]


def _metavar(action: argparse.Action) -> str | None:
    return action.metavar if isinstance(action.metavar, str) else None


_made = _parameters()
train.__signature__ = inspect.Signature(_made)  # type: ignore[attr-defined]
train.__annotations__ = {parameter.name: parameter.annotation for parameter in _made}
