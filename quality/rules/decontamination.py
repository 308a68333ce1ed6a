"""Decontamination: a document that shares text with a benchmark is left out."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings


class DecontaminationSettings(RuleSettings):
    """Settings of the rule `decontamination`; the benchmarks are settings of the signal group `benchmarks`."""

    max_ngrams: int = Field(0, ge=0, description="Largest number of n-grams that stand in a benchmark.")
    max_verbatim_chars: int = Field(0, ge=0, description="Largest number of characters that stand there verbatim.")
    max_share: float = Field(
        1.0, ge=0, le=1, description="Largest share of all characters in such n-grams and stretches."
    )


def _checks(settings: DecontaminationSettings) -> tuple[Check, ...]:
    return (
        Check("benchmark_ngrams", "n_benchmark_ngrams", "<=", settings.max_ngrams),
        Check("benchmark_verbatim", "n_benchmark_verbatim_chars", "<=", settings.max_verbatim_chars),
        Check("benchmark_share", "benchmark_share", "<=", settings.max_share),
    )


RULE = Rule(
    name="decontamination",
    meaning="Nothing of the text stands in the benchmarks that the model will be judged by.",
    origin=(
        "GPT-3 (Brown et al. 2020, appendix C): overlap of 13 words, the whole text for shorter ones of 8 and more; "
        "StarCoder2 (Lozhkov et al. 2024): code compared without whitespace."
    ),
    settings=DecontaminationSettings,
    checks=_checks,
)
