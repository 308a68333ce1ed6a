"""Two mixtures compared: settings, composition, books, documents."""

from pydantic import BaseModel, ConfigDict, computed_field

from pipelines.diffing.books import BookChanges, book_changes
from pipelines.diffing.composition import Composition, composition
from pipelines.diffing.documents import DEFAULT_SAMPLES, DocumentChanges, document_changes
from pipelines.diffing.settings import SettingChanges, setting_changes
from pipelines.mixture import Mixture, open_mixture


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MixtureName(_Part):
    """Which mixture."""

    name: str
    fingerprint: str
    folder: str


class MixtureDiff(_Part):
    """What changed from `before` to `after`; every part lists only what differs, and what could not be compared."""

    before: MixtureName
    after: MixtureName
    settings: SettingChanges
    composition: Composition
    books: BookChanges
    documents: DocumentChanges

    @computed_field  # type: ignore[prop-decorator]
    @property
    def differs(self) -> bool:
        """Whether anything is known to differ."""
        parts = self.composition
        mixed = parts.whole or parts.sources or parts.phases
        return bool(self.settings.changes or mixed or self.books.stages or self.documents.sources)


def diff_mixtures(before_uri: str, after_uri: str, samples: int = DEFAULT_SAMPLES) -> MixtureDiff:
    """Compare the mixtures at two uris (manifest or folder; they may lie in different lakes).

    `samples` documents are shown of those that entered and of those that left each source. FileNotFoundError when
    there is no manifest; what a lake no longer holds is named in the notes of its part.
    """
    before, after = open_mixture(before_uri), open_mixture(after_uri)
    return MixtureDiff(
        before=_name(before),
        after=_name(after),
        settings=setting_changes(before, after),
        composition=composition(before.manifest, after.manifest),
        books=book_changes(before, after),
        documents=document_changes(before, after, samples),
    )


def _name(mixture: Mixture) -> MixtureName:
    manifest = mixture.manifest
    return MixtureName(name=manifest.name, fingerprint=manifest.fingerprint, folder=mixture.files.folder)
