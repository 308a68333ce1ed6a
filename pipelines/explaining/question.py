"""What is asked of a mixture, held against what it has."""

from mixer.manifest import MixtureManifest


class NotInMixture(LookupError):
    """What was asked for is not there; the message says what is."""


def row_of(manifest: MixtureManifest, row: int, shard: int | None = None) -> int:
    """The row of the mixture: `row` itself, or row `row` of shard number `shard`; NotInMixture when there is none."""
    if shard is None:
        if not 0 <= row < manifest.rows:
            raise NotInMixture(f"row {row:,} is asked for, and mixture {manifest.name} has {_numbered(manifest.rows)}")
        return row
    if not 0 <= shard < len(manifest.files):
        raise NotInMixture(
            f"shard {shard:,} is asked for, and mixture {manifest.name} has {_numbered(len(manifest.files), 'shards')}"
        )
    file = manifest.files[shard]
    if not 0 <= row < file.rows:
        raise NotInMixture(f"row {row:,} of shard {shard} is asked for, and {file.path} has {_numbered(file.rows)}")
    return sum(before.rows for before in manifest.files[:shard]) + row


def _numbered(count: int, what: str = "rows") -> str:
    return f"{count:,} {what}: 0 to {count - 1:,}"
