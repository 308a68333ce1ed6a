"""The demo's event archives are what their builder makes of the conversations."""

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "recipes" / "demo"


def check(demo: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(demo / "make_events.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_archives_are_up_to_date_and_small() -> None:
    assert check(DEMO).stderr == ""
    assert sum(path.stat().st_size for path in (DEMO / "events").iterdir()) < 300_000


def test_check_notices_a_changed_conversation(tmp_path: Path) -> None:
    for path in [DEMO / "make_events.py", *DEMO.glob("events/*"), *DEMO.glob("conversations/*")]:
        copied = tmp_path / path.relative_to(DEMO)
        copied.parent.mkdir(exist_ok=True)
        copied.write_bytes(path.read_bytes())
    assert check(tmp_path).returncode == 0
    changed = tmp_path / "conversations" / "tools.yaml"
    changed.write_text(changed.read_text().replace("lintel", "lintol", 1))
    assert check(tmp_path).returncode == 1
