"""What of every source is kept out of training, to measure models on: what a recipe writes under `validation:`."""

from typing import Annotated

from pydantic import Field

from pipelines.recipe_keys.amounts import Tokens
from pipelines.recipe_keys.problems import Strict


class ValidationSpec(Strict):
    """How much is held out, and how much of that is written for the trainer."""

    share: Annotated[float, Field(gt=0, le=0.5)]  # of the documents of every source
    max_tokens: Tokens = 1_000_000  # of text in a source's validation file; what is held out does not depend on it
