"""Keep the documents that a fastText classifier scores high: by a threshold, or the best share of each source."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from quality.rule import Check, Rule, RuleSettings

DCLM_MIN_SCORE = 0.018112  # what the top 10 % of DCLM's pool scored (Li et al. 2024)


class ScoreBound(BaseModel):
    """What one classifier asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("quality", description="The classifier, as `measure: classifiers:` names it.")
    min_score: float | None = Field(
        None, ge=0, le=1, description="Least score; 0.018112 [DCLM] where `top_share` is not given either."
    )
    top_share: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Keep this share of each source's documents that pass every other check: those with the best "
        "scores, and all that score as the last of them.",
    )

    @model_validator(mode="after")
    def _check_bounds(self) -> "ScoreBound":
        if self.min_score is not None and self.top_share is not None:
            raise ValueError("give min_score or top_share, not both")
        return self

    def check(self) -> Check:
        """The bound as a check."""
        min_score = DCLM_MIN_SCORE if self.min_score is None and self.top_share is None else self.min_score
        return Check(
            self.name, f"scores.{self.name}", ">=", min_score or 0.0, null_fails=True, top_share=self.top_share
        )


class ClassifierSettings(RuleSettings, ScoreBound):
    """Settings of the rule `classifier`; its reasons are the classifiers' names."""

    also: tuple[ScoreBound, ...] = Field(
        (), description="Further classifiers, each with `name` and `min_score` or `top_share`; all must be content."
    )


def _checks(settings: ClassifierSettings) -> tuple[Check, ...]:
    return tuple(bound.check() for bound in (settings, *settings.also))


RULE = Rule(
    name="classifier",
    meaning="A trained classifier takes the text for one of the good ones.",
    origin="DataComp-LM (Li et al. 2024): fastText, the top 10 %, which is a score of at least 0.018112.",
    settings=ClassifierSettings,
    checks=_checks,
)
