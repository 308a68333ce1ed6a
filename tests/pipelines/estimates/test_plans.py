"""What is surely out of reach is refused; what a sample only suggests is not."""

from pathlib import Path

import pytest

from mixer.request import PlanError
from pipelines.estimates.plans import estimated_plan, refuse_unreachable
from pipelines.estimates.source_estimate import SourceEstimate
from tests.pipelines.estimates.lakes import recipe_of

COUNTED = SourceEstimate("one", 10, 500, 500, 500, "sampled", complete=True)
GUESSED = SourceEstimate("two", 10, 500, 400, 600, "sampled")


def test_a_counted_source_is_refused_beyond_its_epochs_and_a_guessed_one_is_not() -> None:
    recipe = recipe_of(Path("."), ["one", "two"])  # 2048 tokens of each: a little more than 4 epochs
    with pytest.raises(PlanError, match=r"before any work: .*source 'one'"):
        refuse_unreachable(recipe, [COUNTED, GUESSED])
    refuse_unreachable(recipe.model_copy(update={"max_epochs": 5.0}), [COUNTED, GUESSED])


def test_the_estimated_plan_shows_the_epochs_instead() -> None:
    plan = estimated_plan(recipe_of(Path("."), ["one", "two"]), [COUNTED, GUESSED])
    assert [round(total.epochs, 2) for total in plan.sources] == [4.1, 4.1]


def test_a_condition_counts_as_the_whole_source_and_says_so() -> None:
    tiers = [{"name": "best", "from": "one", "where": "language_score > 0.9"}]
    phases = [{"budget_tokens": 1280, "weights": {"best": 1, "two": 1}}]
    recipe = recipe_of(Path("."), ["one", "two"], tiers=tiers, phases=phases)
    plan = estimated_plan(recipe, [COUNTED, GUESSED])
    assert {total.name: total.available_tokens for total in plan.sources} == {"one": 500, "two": 500, "best": 500}
    assert "best: counted as the whole source" in plan.notes[-1]
    refuse_unreachable(recipe, [COUNTED, GUESSED])
