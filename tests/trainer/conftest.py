"""One thread, so that runs are bit-equal and neighbours on the machine are left in peace."""

from pathlib import Path

import pytest
import torch

from tests.trainer.mixtures import make_mixture


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """61 rows in two phases, four shards and uneven row groups."""
    return make_mixture(tmp_path_factory.mktemp("mixture"), phases=(("main", 40), ("cooldown", 21)))


@pytest.fixture(scope="session")
def padded_mixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same, packed best-fit: most rows end in padding."""
    folder = tmp_path_factory.mktemp("padded")
    return make_mixture(folder, phases=(("main", 40), ("cooldown", 21)), padded=True)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An empty folder for a run."""
    return tmp_path / "run"
