"""The spark-submit target: `spark-submit pipelines/build_mix.py --code-ratio 0.5`. Flags in, `build()` called."""

from pipelines.cli import build_mix

if __name__ == "__main__":
    build_mix()
