"""Perplexity: the text is neither noise to a model of its language nor the same over and over."""

from math import inf

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class PerplexitySettings(RuleSettings):
    """Settings of the rule `perplexity`; the models are settings of the measurement `perplexity`.

    Bounds belong to a model: CCNet takes the thirds of each language's documents, so look at the histogram first.
    """

    min_perplexity: float = Field(0, ge=0, description="Least perplexity.")
    max_perplexity: float = Field(inf, ge=0, description="Largest perplexity.")


def _checks(settings: PerplexitySettings) -> tuple[Check, ...]:
    return (
        Check("too_low", "perplexity", ">=", settings.min_perplexity),
        Check("too_high", "perplexity", "<=", settings.max_perplexity),
    )


RULE = Rule(
    name="perplexity",
    meaning="A model of its language finds the text neither too surprising nor too foreseeable.",
    origin="CCNet (Wenzek et al. 2020), which has no fixed bounds: they depend on the model.",
    settings=PerplexitySettings,
    checks=_checks,
)
