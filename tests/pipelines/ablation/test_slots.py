"""Where an ablation's runs run, without a GPU: what a child would be told."""

import pytest

from pipelines.ablation import slots as module
from pipelines.ablation.slots import slots
from pipelines.recipe_keys.problems import RecipeError


def names(device: str, parallel: int | None) -> list[str]:
    return [slot.name for slot in slots(device, parallel)]


@pytest.mark.parametrize(
    ("visible", "parallel", "expected"),
    [
        ("0,1", None, ["GPU 0", "GPU 1"]),
        ("0,1", 1, ["GPU 0"]),
        ("0,1", 3, ["GPU 0", "GPU 1", "GPU 0"]),
        ("GPU-5b6c", 2, ["GPU GPU-5b6c", "GPU GPU-5b6c"]),
        ("", 2, ["CPU 0", "CPU 1"]),
    ],
)
def test_places_are_the_gpus_in_turn_else_cores(
    visible: str, parallel: int | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert names("auto", parallel) == expected


def test_the_cpu_is_taken_where_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    (slot,) = slots("cpu", 1)
    assert slot.environment == {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def test_no_gpu_is_an_error_where_one_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "visible_gpus", list)
    with pytest.raises(RecipeError, match="choose cpu or auto"):
        slots("cuda", None)
