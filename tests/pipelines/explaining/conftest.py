"""Lakes that are built once: nothing here writes into them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.mixture import Mixture, open_mixture
from tests.pipelines.explaining.explained_lake import build


@pytest.fixture(scope="session", params=["concat", "best_fit"])
def uri(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a mixture, once with each packing."""
    return build(tmp_path_factory.mktemp("lake"), request.param)


@pytest.fixture(scope="session")
def mixture(uri: str) -> Mixture:
    return open_mixture(uri)


@pytest.fixture
def own_uri(uri: str, tmp_path: Path) -> str:
    """A copy of the lake in another folder, to be damaged; the copy's mixture."""
    lake = Path(uri).parents[2]
    shutil.copytree(lake, tmp_path / "moved")
    return str(tmp_path / "moved" / Path(uri).relative_to(lake))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mixdown explain` with some arguments: exit code, output, errors."""
    import typer

    from pipelines.commands.explain import explain
    from pipelines.messages import run_command

    def command(*arguments: str) -> tuple[int, str, str]:
        app = typer.Typer(pretty_exceptions_enable=False)
        app.command()(explain)
        monkeypatch.setattr("sys.argv", ["explain", *arguments])
        code = 0
        try:
            run_command(app)
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return command
