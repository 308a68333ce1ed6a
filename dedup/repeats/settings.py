"""What a recipe may write under `dedup: lines:` and `dedup: substrings:`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LineSettings(BaseModel):
    """Lines or paragraphs that stand in other documents, too, are cut (CCNet, Wenzek et al. 2020; Dolma)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Literal["line", "paragraph"] = Field(
        default="paragraph", description="line, or paragraph: lines parted by blank ones"
    )
    min_bytes: int = Field(default=32, ge=1, description="shorter ones, after normalisation, stay")
    copies: int = Field(default=1, ge=1, description="how many copies stay, the best documents' first")
    code: bool = Field(default=False, description="in sources of code, too, whose files do not run without a part")


class SubstringSettings(BaseModel):
    """Spans of bytes that stand in the text before are cut (Lee et al. 2022)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_bytes: int = Field(
        default=200,
        ge=32,
        description="the shortest span; 50 tokens, as Lee et al. take, are about 200 bytes of English",
    )
    code: bool = Field(default=False, description="in sources of code, too, whose files do not run without a part")
