"""StarCoder2's filters beside those of `starcoder_lines`: encoded data, XML, data files, pages without text."""

from pydantic import Field

from quality.rule import Check, Rule, RuleSettings

# Where an XML declaration is expected. StarCoder drops it everywhere else, as XML under another language's name.
XML_LANGUAGES = ("HTML", "SVG", "XML")
# Whose lines repeat the same tokens [StarCoder2; there also OWL and DOT, which have no name here].
DATA_LINE_LANGUAGES = ("JSON", "Text", "YAML")
# Whose files are cut to a size that teaches their form and not their content [StarCoder].
DATA_SIZE_LANGUAGES = ("JSON", "YAML")


class Starcoder2Settings(RuleSettings):
    """Settings of the rule `starcoder2`."""

    max_encoded_chars: int = Field(
        1024, ge=0, description="Longest run of base64, hexadecimal bytes or Unicode escapes."
    )
    max_encoded_share: float = Field(0.5, ge=0, description="Largest share of the characters in such runs.")
    xml_languages: tuple[str, ...] = Field(
        XML_LANGUAGES, description="Programming languages that may declare XML in the first 100 characters."
    )
    max_data_lines: int = Field(512, ge=0, description="Largest number of lines of `data_line_languages`.")
    data_line_languages: tuple[str, ...] = Field(
        DATA_LINE_LANGUAGES, min_length=1, description="Languages to which that applies."
    )
    min_data_chars: int = Field(100, ge=0, description="Least number of characters of `data_size_languages`.")
    max_data_chars: int = Field(5000, ge=0, description="Largest number of characters of `data_size_languages`.")
    data_size_languages: tuple[str, ...] = Field(
        DATA_SIZE_LANGUAGES, min_length=1, description="Languages to which those apply."
    )
    min_html_text_chars: int = Field(100, ge=0, description="Least number of visible characters of HTML.")
    min_html_text_share: float = Field(0.2, ge=0, le=1, description="Least share of visible characters of HTML.")
    text_names_only: bool = Field(
        True,
        description="Keep of the language Text only what its name ties to code (readme, notes, requirements, ...).",
    )


def _checks(settings: Starcoder2Settings) -> tuple[Check, ...]:
    data = frozenset(settings.data_size_languages)
    lines = frozenset(settings.data_line_languages)
    named = 1 if settings.text_names_only else 0
    return (
        Check("encoded_run_too_long", "max_encoded_chars", "<=", settings.max_encoded_chars),
        Check("too_much_encoded", "encoded_share", "<=", settings.max_encoded_share),
        Check("xml_declaration", "has_xml_header", "<=", 0, exempt_languages=frozenset(settings.xml_languages)),
        Check("too_many_data_lines", "n_lines", "<=", settings.max_data_lines, only_for_code_languages=lines),
        Check("data_too_short", "n_chars", ">=", settings.min_data_chars, only_for_code_languages=data),
        Check("data_too_long", "n_chars", "<=", settings.max_data_chars, only_for_code_languages=data),
        Check("too_little_html_text", "html_text_chars", ">=", settings.min_html_text_chars),
        Check("html_text_share_too_low", "html_text_share", ">=", settings.min_html_text_share),
        Check("text_of_no_code", "has_text_name", ">=", named, only_for_code_languages=frozenset({"Text"})),
    )


RULE = Rule(
    name="starcoder2",
    meaning="The file is neither encoded data nor a data file of any length, and a page has text to read.",
    origin="StarCoder2 (Lozhkov et al. 2024), language-specific and encoded-data filters; sizes of data files and the "
    "XML filter as in StarCoder (bigcode-dataset, preprocessing/filtering.py and arguments.py).",
    settings=Starcoder2Settings,
    checks=_checks,
)
