"""Damaged stores: packs, indexes, alternates, clones without everything; each costs what it damages."""

import os
import struct
import subprocess
from pathlib import Path

import pytest

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.git.commit_options import GitCommitsOptions
from pipelines.readers.git.repository import open_repository
from pipelines.sources import git_commits, git_files
from pipelines.sources.git_files import GitFilesOptions
from tests.pipelines.sources.git_repositories import ENVIRONMENT, commit, git, new_repository, object_path

FILES = 24


def files(uri: Path, **options: str) -> list[Record]:
    asked = GitFilesOptions(**options)
    return [r for split in git_files.splits(str(uri), asked) for r in git_files.read(split, asked)]


def commits(uri: Path) -> list[Record]:
    asked = GitCommitsOptions(extreme_span_share=1.0, short_subject_share=1.0, markup_share=1.0)
    return [r for split in git_commits.splits(str(uri), asked) for r in git_commits.read(split, asked)]


def texts(records: list[Record]) -> dict[str | None, str]:
    return {record.path: record.text for record in records if isinstance(record, Document)}


def outcomes(records: list[Record]) -> list[str]:
    return [getattr(record, "reason", "document") for record in records]


def code(number: int) -> str:
    """Text that does not compress well, so that each file has its own bytes in a pack."""
    return "".join(f"x_{number}_{line} = '{hash_of(number, line)}'\n" for line in range(20))


def hash_of(number: int, line: int) -> str:
    return f"{(number * 7_919 + line * 104_729) ** 5:x}"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A bare repository with everything in one pack."""
    folder = new_repository(tmp_path / "work")
    for number in range(3):
        commit(
            folder,
            {f"f{n:02}.py": code(n) for n in range(number * 8, number * 8 + 8)},
            f"Add the files of part {number}",
        )
    git(tmp_path, "clone", "--quiet", "--bare", f"file://{folder}", str(tmp_path / "bare.git"))
    (pack,) = (tmp_path / "bare.git/objects/pack").glob("*.pack")
    for path in (pack, pack.with_suffix(".idx")):
        path.chmod(0o644)
    return tmp_path / "bare.git"


def pack_of(repository: Path) -> Path:
    (pack,) = (repository / "objects/pack").glob("*.pack")
    return pack


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def blob_offset(repository: Path, name: str) -> int:
    sha = git(repository, "rev-parse", f"HEAD:{name}")
    listed = git(repository, "verify-pack", "-v", str(pack_of(repository).with_suffix(".idx"))).split("\n")
    (line,) = [line.split() for line in listed if line.startswith(sha)]
    return int(line[4])


def test_a_bit_in_a_pack_costs_its_object(packed: Path) -> None:
    whole = texts(files(packed))
    assert len(whole) == FILES
    flip(pack_of(packed), blob_offset(packed, "f05.py") + 60)
    found = files(packed)
    assert texts(found) == {path: text for path, text in whole.items() if path != "f05.py"}
    (bad,) = [record for record in found if isinstance(record, Quarantined)]
    assert bad.reason in ("corrupt_object", "missing_object")
    assert bad.reference.endswith(":f05.py")


@pytest.mark.parametrize("at", [0, 7, 11, -1, -20])
def test_a_bit_at_a_packs_beginning_or_end_costs_nothing(packed: Path, at: int) -> None:
    """Git gives such a pack up."""
    whole = files(packed)
    flip(pack_of(packed), at)
    check = subprocess.run(
        ["git", "cat-file", "-e", "HEAD"], cwd=packed, env=ENVIRONMENT, capture_output=True, check=False
    )
    assert check.returncode != 0
    assert files(packed) == whole


def test_a_cut_pack_costs_what_was_cut_off(packed: Path) -> None:
    whole = texts(files(packed))
    last = max(whole, key=lambda name: blob_offset(packed, name or ""))
    pack = pack_of(packed)
    pack.write_bytes(pack.read_bytes()[: blob_offset(packed, last or "") + 40])
    found = files(packed)
    assert texts(found) == {path: text for path, text in whole.items() if path != last}
    assert len(found) == FILES


@pytest.mark.parametrize("damage", ["missing", "names", "fan_out", "offsets", "cut", "empty"])
def test_a_bad_index_is_made_anew(packed: Path, damage: str) -> None:
    whole = files(packed)
    index = pack_of(packed).with_suffix(".idx")
    data = index.read_bytes()
    count = struct.unpack(">I", data[8 + 255 * 4 : 8 + 256 * 4])[0]
    at = {"names": 8 + 1024 + 5, "fan_out": 8 + 200, "offsets": 8 + 1024 + count * 24 + 2}
    if damage in at:
        flip(index, at[damage])
    elif damage == "missing":
        index.unlink()
    else:
        index.write_bytes(data[: len(data) // 2] if damage == "cut" else b"")
    assert files(packed) == whole


def test_a_bad_index_and_a_bad_pack_leave_what_can_be_unpacked(packed: Path) -> None:
    whole = texts(files(packed))
    at = blob_offset(packed, "f05.py") + 60
    pack_of(packed).with_suffix(".idx").unlink()
    flip(pack_of(packed), at)
    found = texts(files(packed))
    assert set(found.items()) < set(whole.items())
    # git loses its place at the bad byte: what lies behind it is lost, what lies ahead is not
    assert len(found) >= 1


def test_a_missing_commit_in_the_middle_costs_itself_and_its_child(packed: Path) -> None:
    git(packed, "unpack-objects", "-q", given=pack_of(packed).read_bytes())
    middle = git(packed, "rev-parse", "HEAD~1")
    pack = pack_of(packed)
    data = pack.read_bytes()
    for path in (pack, pack.with_suffix(".idx")):
        path.unlink()
    git(packed, "unpack-objects", "-q", given=data)
    (packed / "objects" / middle[:2] / middle[2:]).unlink()
    assert outcomes(commits(packed)) == ["missing_object", "missing_object"]
    assert len(texts(files(packed))) == FILES


def test_other_stores_are_not_read(packed: Path, tmp_path: Path) -> None:
    """`objects/info/alternates` may name any folder of the machine."""
    git(tmp_path, "clone", "--quiet", "--bare", "--shared", str(packed), str(tmp_path / "shared.git"))
    assert (tmp_path / "shared.git/objects/info/alternates").exists()
    assert outcomes(files(tmp_path / "shared.git")) == ["missing_object"]
    assert outcomes(commits(tmp_path / "shared.git")) == ["missing_object"]


def test_a_partial_clone_fetches_nothing(packed: Path, tmp_path: Path) -> None:
    git(packed, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", f"file://{packed}", str(tmp_path / "partial.git"))
    assert set(outcomes(files(tmp_path / "partial.git"))) == {"missing_object"}
    assert len(list((tmp_path / "partial.git/objects/pack").glob("*.pack"))) == 1


def test_pipes_and_links_among_the_objects_are_left_alone(tmp_path: Path) -> None:
    """Opening a pipe for reading would never end."""
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"a.py": code(1), "b.py": code(2), "c.py": code(3)}, "Add three files of code")
    pipe, link = object_path(folder, "HEAD:a.py"), object_path(folder, "HEAD:b.py")
    outside = tmp_path / "outside"
    outside.write_bytes(link.read_bytes())
    for path in (pipe, link):
        path.unlink()
    os.mkfifo(pipe)
    link.symlink_to(outside)
    os.mkfifo(folder / ".git/refs/heads/pipe")
    (folder / ".git/objects/pack").mkdir(exist_ok=True)
    os.mkfifo(folder / ".git/objects/pack/pack-1.pack")
    (folder / ".git/packed-refs").symlink_to("/dev/zero")
    assert outcomes(files(folder)) == ["missing_object", "missing_object", "document"]


def test_bad_refs_cost_themselves(packed: Path) -> None:
    head = git(packed, "rev-parse", "HEAD")
    listed = packed / "packed-refs"
    listed.write_bytes(
        b"garbage\n\xff\xfe\n" + head.encode() + b" refs/heads/../../evil\nzz refs/heads/b\n" + listed.read_bytes()
    )
    (packed / "refs/heads/broken").write_text("no id\n")
    (packed / "refs/heads/nul").write_bytes(b"\0" * 41)
    with open_repository(str(packed)) as opened:
        assert list(opened.refs) == ["refs/heads/main"]
    assert len(texts(files(packed))) == FILES


def test_a_configuration_that_cannot_be_read_costs_nothing(packed: Path) -> None:
    whole = commits(packed)
    for config in ("[core\n", "[include]\n\tpath = /dev/zero\n", "\0\0", "[core]\n\trepositoryformatversion = 99\n"):
        (packed / "config").write_text(config)
        assert outcomes(commits(packed)) == outcomes(whole)


def test_one_of_several_repositories_costs_itself(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "bare2.git").mkdir()
    (tmp_path / "bare3.bundle").write_bytes(b"# v2 git bundle\ncut")
    new_repository(tmp_path / "bare4")
    found = files(tmp_path / "bare*")
    assert len(texts(found)) == FILES
    refused = [record for record in found if isinstance(record, Quarantined)]
    assert [Path(record.reference).name for record in refused] == ["bare2.git", "bare3.bundle", "bare4"]
    assert {record.reason for record in refused} == {"unreadable_repository"}


def test_an_lfs_pointer_is_no_file(tmp_path: Path) -> None:
    folder = new_repository(tmp_path / "anchor")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    commit(folder, {"data.json": pointer, "about.md": f"    {pointer}"}, "Add a pointer to a large file")
    records = files(folder)
    assert [type(record) for record in records] == [Document, Rejected]
    assert outcomes(records) == ["document", "lfs_pointer"]
    assert outcomes(commits(folder)) == ["document", "lfs_pointer"]


def raw_tree(folder: Path, entries: list[tuple[bytes, bytes, str]]) -> str:
    raw = b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(sha)) for mode, name, sha in entries)
    return git(folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=raw)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b".", "unsafe_path"),
        (b".GIT", "unsafe_path"),
        (b"", "unsafe_path"),
        (b"/etc/passwd.py", "unsafe_path"),
        (b"a\nb.py", "unsafe_path"),
        (b"a\x7f.py", "unsafe_path"),
        (b"\xed\xa0\x80.py", "path_not_utf8"),
        (b"a\\b.py", "document"),
        (b"x" * 5_000 + b".py", "unsafe_path"),
    ],
)
def test_evil_names_are_set_aside(tmp_path: Path, name: bytes, reason: str) -> None:
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"a.py": code(1)}, "Add a file of code")
    blob = git(folder, "rev-parse", "HEAD:a.py")
    tree = raw_tree(folder, [(b"100644", name, blob), (b"100644", b"~.py", blob)])
    head = git(folder, "commit-tree", tree, "-m", "Hostile names in a tree")
    assert sorted(outcomes(files(folder, revision=head))) == sorted([reason, "document"])


def test_deep_folders_end_at_the_longest_path(tmp_path: Path) -> None:
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"a.py": code(1)}, "Add a file of code")
    blob, tree = git(folder, "rev-parse", "HEAD:a.py"), git(folder, "rev-parse", "HEAD^{tree}")
    for _ in range(30):
        tree = raw_tree(folder, [(b"100644", b"a.py", blob), (b"40000", b"d" * 200, tree)])
    head = git(folder, "commit-tree", tree, "-m", "Folders in folders in folders")
    found = outcomes(files(folder, revision=head))
    assert found.count("unsafe_path") == 1
    assert found.count("document") == len(found) - 1 == 4_096 // 201 + 1


@pytest.mark.slow
def test_a_tree_of_a_million_entries_costs_itself(tmp_path: Path) -> None:
    folder = new_repository(tmp_path / "anchor")
    commit(folder, {"a.py": code(1)}, "Add a file of code")
    blob = git(folder, "rev-parse", "HEAD:a.py")
    large = raw_tree(folder, [(b"100644", b"%07d.py" % number, blob) for number in range(1_000_000)])
    tree = raw_tree(folder, [(b"100644", b"a.py", blob), (b"40000", b"large", large)])
    head = git(folder, "commit-tree", tree, "-m", "A million files of code")
    assert outcomes(files(folder, revision=head)) == ["document", "object_too_large"]
