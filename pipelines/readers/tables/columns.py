"""Which columns or fields of a row become a document's text and provenance: the options of JSON lines and tables."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from pipelines.readers.tables.presets import PRESETS, PresetName
from pipelines.source import SourceOptions


class ColumnOptions(SourceOptions):
    """What a recipe may set for rows of any kind; a field is named as it stands, or with dots for an inner one."""

    preset: PresetName | None = Field(None, description="A published data set whose fields are known.")
    text_field: str = Field("text", min_length=1, description="The field with the text.")
    url_field: str | None = Field("url", description="The field with the address.")
    license_field: str | None = Field("license", description="The field with the licence, or a list of several.")
    date_field: str | None = Field("date", description="The field with the date, a timestamp or ISO 8601.")
    max_metadata_bytes: int = Field(4096, ge=0, description="Other fields are kept as metadata while they fit.")

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, data: Any) -> Any:
        """The preset's fields where the recipe says nothing else."""
        preset = PRESETS.get(data.get("preset")) if isinstance(data, Mapping) else None
        if preset is None:
            return data
        return {name: field for name, field in preset.fields.items() if name in cls.model_fields} | dict(data)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.preset is not None and PRESETS[self.preset].is_code and not isinstance(self, CodeColumnOptions):
            raise ValueError(f"preset {self.preset!r} is code: use the kind of the same name with `_code`")
        return self

    def fields(self) -> list[str]:
        """The fields that are read, but those of the metadata."""
        named = [self.text_field, self.url_field, self.license_field, self.date_field]
        more = PRESETS[self.preset].more_fields if self.preset else ()
        return [*(name for name in named if name is not None), *more]


class CodeColumnOptions(ColumnOptions):
    """What a recipe may set for rows of code."""

    repository_field: str | None = Field("repository", description="The field with the repository's name.")
    commit_field: str | None = Field("commit", description="The field with the commit's id.")
    path_field: str | None = Field("path", description="The field with the file's path.")
    language_field: str | None = Field("language", description="The field with the programming language.")

    def fields(self) -> list[str]:
        """See ColumnOptions."""
        named = [self.repository_field, self.commit_field, self.path_field, self.language_field]
        return [*super().fields(), *(name for name in named if name is not None)]
