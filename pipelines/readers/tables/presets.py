"""Published data sets whose fields are known: the mapping for each, and what else its rows need.

Names are those of the data sets' cards and loaders on huggingface.co:

- `fineweb` (HuggingFaceFW/fineweb, also fineweb-edu): text, id, dump, url, date, file_path, language, language_score,
  token_count; of those `language` is the text's and stays in the metadata.
- `slimpajama` (cerebras/SlimPajama-627B): text, meta.redpajama_set_name.
- `redpajama` (togethercomputer/RedPajama-Data-1T): text, meta (an object, or in the tables made by its loader that
  object as JSON) with url, timestamp, and for GitHub repo_name, path, license; red_pajama_subset.
- `dolma` (allenai/dolma, docs/data-format.md): id, text, source, added, created, metadata; for its code the metadata
  are those of The Stack.
- `stack_v1` (bigcode/the-stack, the-stack-dedup): content, lang, max_stars_repo_name, max_stars_repo_path,
  max_stars_repo_head_hexsha, max_stars_repo_licenses and more.
- `stack_v2` (bigcode/the-stack-v2): path, repo_name, revision_id, committer_date, detected_licenses, license_type,
  language, src_encoding and more. It comes without content, which is fetched from Software Heritage by blob_id; the
  column `content` is where the card's own script puts it, as text or as the file's bytes.
- `starcoderdata` (bigcode/starcoderdata): max_stars_repo_name, max_stars_repo_path, max_stars_count, id, content. Half
  of the contents begin with sentinels in plain text, as bigcode-dataset's preprocessing/add_content_with_meta.py wrote
  them.
- `commitpack` (bigcode/commitpack, commitpackft): commit, old_file, new_file, old_contents, new_contents, subject,
  message, lang, license, repos (names joined by commas). Its filters (one file, permissive licence, message of 5 to
  10,000 characters) were applied where it was made.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

from pipelines.readers.tables.preset_rows import (
    Row,
    with_github_license,
    with_parsed,
    with_swh_content,
    without_sentinels,
)

PresetName = Literal[
    "fineweb", "slimpajama", "redpajama", "dolma", "stack_v1", "stack_v2", "starcoderdata", "commitpack"
]


def _unchanged(row: Row) -> Row:
    return row


class Preset(NamedTuple):
    """`fields` are the options it sets, `prepared` makes a row fit them.

    `more_fields` are columns beside the mapped ones that its rows need.
    """

    fields: Mapping[str, str | None]
    is_code: bool = False
    prepared: Callable[[Row], Row] = _unchanged
    more_fields: tuple[str, ...] = ()
    is_commit: bool = False
    comes_without_text: bool = False


_STACK = {
    "text_field": "content",
    "repository_field": "max_stars_repo_name",
    "path_field": "max_stars_repo_path",
}

PRESETS: Mapping[str | None, Preset] = {
    "fineweb": Preset({"license_field": None, "language_field": None}),
    "slimpajama": Preset({"url_field": None, "date_field": None}, prepared=with_parsed("meta")),
    "redpajama": Preset(
        {
            "url_field": "meta.url",
            "date_field": "meta.timestamp",
            "license_field": "meta.license",
            "repository_field": "meta.repo_name",
            "path_field": "meta.path",
            "language_field": None,
        },
        prepared=lambda row: with_github_license(with_parsed("meta")(row), "meta", "license"),
    ),
    "dolma": Preset(
        {
            "url_field": "metadata.url",
            "date_field": "created",
            "license_field": "metadata.max_stars_repo_licenses",
            "repository_field": "metadata.max_stars_repo_name",
            "commit_field": "metadata.max_stars_repo_head_hexsha",
            "path_field": "metadata.max_stars_repo_path",
            "language_field": "metadata.lang",
        },
        prepared=with_parsed("metadata"),
    ),
    "stack_v1": Preset(
        {
            **_STACK,
            "commit_field": "max_stars_repo_head_hexsha",
            "license_field": "max_stars_repo_licenses",
            "language_field": "lang",
            "date_field": None,
        },
        is_code=True,
    ),
    "stack_v2": Preset(
        {
            "text_field": "content",
            "repository_field": "repo_name",
            "commit_field": "revision_id",
            "path_field": "path",
            "date_field": "committer_date",
            "license_field": "detected_licenses",
            "language_field": "language",
        },
        is_code=True,
        prepared=with_swh_content,
        more_fields=("src_encoding",),
        comes_without_text=True,
    ),
    "starcoderdata": Preset({**_STACK, "date_field": None}, is_code=True, prepared=without_sentinels),
    "commitpack": Preset(
        {
            "text_field": "new_contents",
            "repository_field": "repos",
            "commit_field": "commit",
            "path_field": "new_file",
            "language_field": "lang",
            "license_field": "license",
            "date_field": None,
        },
        is_code=True,
        prepared=lambda row: with_github_license(row, None, "license"),
        more_fields=("old_contents", "subject"),
        is_commit=True,
    ),
}
assert set(PRESETS) == set(get_args(PresetName))  # noqa: S101 - of this file alone
