"""One run of an ablation, as a process of its own: the trainer's command, and a mark when it is through."""

import sys
from pathlib import Path


def main() -> int:
    """Arguments: the run's folder, the manifest, and what the trainer takes."""
    from trainer.train import main as train

    folder, manifest_uri, *arguments = sys.argv[1:]
    code = train([manifest_uri, "--output", folder, *arguments])
    if code == 0:
        (Path(folder) / "done").touch()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
