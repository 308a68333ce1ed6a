"""The licence of a document, as the choices that its expression offers."""

from quality.licenses import LICENSE_SIGNALS_SCHEMA, license_signals
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup


class LicenseSettings(GroupSettings):
    """Settings of the group `licenses`: none."""


def measure(documents: Documents, _settings: LicenseSettings) -> Measured:
    """LICENSE_SIGNALS_SCHEMA for every document."""
    batch = license_signals(documents.license)
    return Measured(dict(zip(batch.schema.names, batch.columns, strict=True)))


SIGNALS = SignalGroup(
    name="licenses",
    meaning="The sets of licences of which the user of a document may choose one.",
    schema=LICENSE_SIGNALS_SCHEMA,
    settings=LicenseSettings,
    measured_for=frozenset({"text", "code"}),
    measure=measure,
)
