"""Traps of dedup beside those of its pure parts, named after them."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

from dedup.settings import DedupSettings
from mixer import storage
from pipelines.document import DOCUMENT_SCHEMA, Document, to_table
from pipelines.steps.annotate import AnnotateTask, annotate_part
from tests.pipelines.in_process import snapshot
from tests.pipelines.measuring import plain_groups

ROOM_BYTES = 20_000  # less than the part has


def task(folder: Path, name: str) -> AnnotateTask:
    uri = f"{folder}/part-00000.parquet"
    if not Path(uri).exists():
        texts = [f"Text {i} of the harbour, " * 20 + f"and {i * i} lamps were lit." for i in range(400)]
        storage.write_parquet(uri, DOCUMENT_SCHEMA, [to_table("s", [Document(text, "page") for text in texts])])
    dedup = DedupSettings(verify="signature")
    return AnnotateTask(
        source="s", number=0, input_uri=uri, output_uri=f"{folder}/{name}", groups=plain_groups(False), dedup=dedup
    )


def annotate_with_little_room(made: AnnotateTask) -> "subprocess.CompletedProcess[str]":
    """In a process whose files can't grow beyond ROOM_BYTES: a write fails in the middle, as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, ROOM_BYTES))

    code = (
        "import sys; from pipelines.steps.annotate import AnnotateTask, annotate_part; "
        "annotate_part(AnnotateTask.model_validate_json(sys.argv[1]))"
    )
    command = [sys.executable, "-B", "-c", code, made.model_dump_json()]
    return subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, check=False)


def test_trap_a_full_disk_silently_corrupts_signatures(tmp_path: Path) -> None:
    annotate_part(task(tmp_path, "whole"))
    whole = snapshot(tmp_path / "whole")
    assert sum(map(len, whole.values())) > 2 * ROOM_BYTES
    disturbed = task(tmp_path, "disturbed")
    failed = annotate_with_little_room(disturbed)
    assert failed.returncode != 0
    assert "File too large" in failed.stderr
    assert not list((tmp_path / "disturbed").glob("part-*.parquet")), "half of a part has its name"
    annotate_part(disturbed)
    assert {name: data for name, data in snapshot(tmp_path / "disturbed").items() if name in whole} == whole
