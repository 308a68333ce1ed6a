"""The run of `mixdown complete`: which sources lack what, then asking for it until nothing is left or allowed."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.build import recipe_from
from pipelines.completing.access import checked_address, token_from
from pipelines.completing.api_client import ApiClient, OutOfRequests, Patience
from pipelines.completing.asking import Asking
from pipelines.completing.missing import SUBJECT_OF_KIND, Lacking, lacking_of
from pipelines.completing.stored_answers import AnswersFolder
from pipelines.recipe_keys.problems import RecipeError


@dataclass
class Done:
    """What a run did: `ended` says why it stopped early, empty where it did not."""

    requests: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    ended: str = ""


def lacking_sources(
    recipe_path: Path | None,
    sources_path: Path | None,
    names: list[str] | None,
    answers_uri: str,
    described_too: bool,
) -> list[Lacking]:
    """What the recipe's sources of conversations lack, those called `names` or all; RecipeError for no such source."""
    recipe = recipe_from(recipe_path, None, None, sources_path)
    known = {source.name: source for source in recipe.sources if source.kind in SUBJECT_OF_KIND}
    unknown = [name for name in names or () if name not in known]
    if unknown or not known:
        wanted = f"no source of pull requests or issues is called {', '.join(unknown)}; " if unknown else ""
        raise RecipeError(f"{wanted}the recipe's are: {', '.join(known) or 'none'}")
    return [lacking_of(known[name], answers_uri, described_too) for name in names or known]


def ask(
    lacking: list[Lacking],
    answers_uri: str,
    address: str,
    token_variable: str,
    max_requests: int,
    max_wait_s: float,
    refresh: bool,
) -> Done:
    """Ask for everything that is `lacking`, in order; what came before the end is kept."""
    address = checked_address(address)
    client = ApiClient(address, token_from(token_variable), Patience(max_requests, max_wait_s))
    asking = Asking(address, client, AnswersFolder(answers_uri), refresh)
    done = Done()
    try:
        for one in lacking:
            for conversation in one.asked_for:
                done.outcomes[asking.about(conversation, one.subject, one.options)] += 1
    except OutOfRequests as end:
        done.ended = str(end)
    done.requests = client.requests
    return done
