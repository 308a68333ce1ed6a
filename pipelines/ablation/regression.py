"""What a swarm says of mixtures that were not trained: a Gaussian process over weights, with its uncertainty."""

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from pipelines.recipe_keys.problems import RecipeError

FloatArray = npt.NDArray[np.float64]
FOLDS = 8
AVERAGED = 100  # RegMix averages the best hundred candidates: less at the mercy of one prediction


class Predicted(NamedTuple):
    """The mixture that is expected to do best."""

    weights: FloatArray  # [sources], summing to one
    score: float
    score_deviation: float  # one standard deviation of the prediction
    weight_deviations: FloatArray  # [sources], over the candidates that were averaged
    rank_correlation: float  # Spearman's, of predictions for mixtures left out of the fit
    best_trained: float  # the least score of a mixture that was trained


def predict_best(weights: FloatArray, scores: FloatArray, others: FloatArray) -> Predicted:
    """Fit `scores` [n] over `weights` [n, sources] and look for the least among `others` [m, sources].

    RecipeError when scikit-learn is missing.
    """
    model = _fitted(weights, scores)
    means = model.predict(others)
    best = others[np.argsort(means, kind="stable")[:AVERAGED]]
    chosen = best.mean(axis=0)
    (mean,), (deviation,) = model.predict(chosen[None], return_std=True)
    return Predicted(
        chosen, float(mean), float(deviation), best.std(axis=0), _held_out_correlation(weights, scores), scores.min()
    )


def _fitted(weights: FloatArray, scores: FloatArray) -> "_Model":
    try:
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    except ImportError as error:
        raise RecipeError(
            "--swarm fits with scikit-learn, which is not installed: pip install 'mixdown[ablate]'"
        ) from error
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(np.full(weights.shape[1], 0.5), (0.05, 20.0))
    kernel += WhiteKernel(0.05, (1e-5, 1.0))
    process = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an optimizer at its bounds, which a flat score leads to
        return _Model(process.fit(np.sqrt(weights), scores))


class _Model:
    """A fitted process over square roots of weights: on a simplex they tell small shares apart."""

    def __init__(self, process: "object") -> None:
        self._process = process

    def predict(self, weights: FloatArray, return_std: bool = False) -> "FloatArray | tuple[FloatArray, FloatArray]":
        return self._process.predict(np.sqrt(weights), return_std=return_std)  # type: ignore[attr-defined,no-any-return]


def _held_out_correlation(weights: FloatArray, scores: FloatArray) -> float:
    """How well mixtures that the fit has not seen are put in order; nan where there are too few."""
    count = len(scores)
    if count < FOLDS:
        return float("nan")
    fold_of = np.random.default_rng(0).permutation(count) % FOLDS
    predicted = np.empty(count)
    for fold in range(FOLDS):
        left_out = fold_of == fold
        predicted[left_out] = _fitted(weights[~left_out], scores[~left_out]).predict(weights[left_out])
    return float(stats.spearmanr(predicted, scores).statistic)
