"""Model shapes by name.

The paper (Aryabumi et al., arXiv 2408.10914) trains 470M and 2.8B parameters but publishes neither layers nor width
nor peak learning rate. So the shapes here are ours: the name is the number
of parameters outside the embedding (to 3 %; tiny has 0.92M).
Peak learning rates of 160m and up follow GPT-3's table 2.1 (Brown et al. 2020) for the nearest size.
"""

from dataclasses import dataclass

from trainer.errors import SettingError


@dataclass(frozen=True)
class Preset:
    """A model's shape and its peak learning rate for AdamW."""

    name: str
    layers: int
    width: int
    heads: int
    inner: int  # width of the feed-forward part's gate and value
    learning_rate: float

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads

    @property
    def non_embedding_parameters(self) -> int:
        """Every parameter but the (tied) embedding: the blocks' dense weights and all norms' gains."""
        block = 4 * self.width**2 + 3 * self.width * self.inner + self.width
        return self.layers * block + self.width


_ALL = (
    # tiny is made for two CPU cores: a 100k vocabulary costs two thirds of its step, in proportion to its width.
    Preset("tiny", layers=8, width=64, heads=2, inner=512, learning_rate=3e-3),
    Preset("60m", layers=12, width=640, heads=10, inner=1728, learning_rate=1e-3),
    Preset("160m", layers=16, width=896, heads=14, inner=2432, learning_rate=6e-4),
    Preset("470m", layers=24, width=1280, heads=10, inner=3456, learning_rate=3e-4),
    Preset("2.8b", layers=36, width=2560, heads=20, inner=6656, learning_rate=1.6e-4),
)
PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}


def find_preset(name: str) -> Preset:
    """The preset called `name`; SettingError lists the known ones."""
    if name not in PRESETS:
        raise SettingError(f"preset {name!r} is unknown; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
