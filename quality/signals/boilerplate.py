"""Boilerplate: how much of a text is menus, buttons, consent, copyright and calls to log in or to share."""

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import yaml

from quality.boilerplate.lines import LINE_TALLIES, PLACES, tally_lines
from quality.characters import class_table
from quality.lists.phrases import Phrases, normal_phrase, phrases_of
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

TABLE = files("quality.boilerplate").joinpath("phrases.yaml")
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where PyYAML was built with it

BOILERPLATE_SCHEMA = pa.schema(
    [
        ("n_boilerplate_lines", pa.int64()),
        ("boilerplate_line_share", pa.float64()),  # of the lines that are not blank
        ("boilerplate_char_share", pa.float64()),  # of the characters of those
        ("link_line_share", pa.float64()),  # lines that stand in a run of short ones without an end of sentence
    ]
)


class BoilerplateSettings(GroupSettings):
    """Settings of the group `boilerplate`: none."""


def measure(documents: Documents, _settings: BoilerplateSettings) -> Measured:
    """BOILERPLATE_SCHEMA for every document; zeros for one without text."""
    data, offsets = documents.buffers
    tallies = np.zeros(len(documents), LINE_TALLIES)
    phrases, places = _phrases()
    tally_lines(data, offsets, class_table(), phrases, places, tallies)
    return Measured(
        {
            "n_boilerplate_lines": pa.array(tallies["n_boilerplate_lines"]),
            "boilerplate_line_share": _share(tallies["n_boilerplate_lines"], tallies["n_lines"]),
            "boilerplate_char_share": _share(tallies["n_boilerplate_chars"], tallies["n_chars"]),
            "link_line_share": _share(tallies["n_link_lines"], tallies["n_lines"]),
        }
    )


def _share(counts: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(np.divide(counts, of, out=np.zeros(len(of)), where=of > 0))


@cache
def _phrases() -> tuple[Phrases, npt.NDArray[np.int8]]:
    """The phrases of all languages, and of each the place where it makes a line boilerplate."""
    place_of: dict[str, int] = {}
    table = yaml.load(TABLE.read_text("utf-8"), Loader=_YAML_LOADER)  # noqa: S506 (it is a safe one)
    for place in PLACES:
        for phrases in table[place].values():
            place_of |= {normal_phrase(phrase): PLACES.index(place) for phrase in phrases}
    entries = sorted(place_of)
    return phrases_of(entries), np.array([place_of[entry] for entry in entries], np.int8)


SIGNALS = SignalGroup(
    name="boilerplate",
    meaning="How much of the text is menus, buttons, consent, copyright and the like.",
    schema=BOILERPLATE_SCHEMA,
    settings=BoilerplateSettings,
    measured_for=frozenset({"text"}),
    measure=measure,
)
