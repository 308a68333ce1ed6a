"""A swarm of mixtures: weights of sources drawn around the natural ones, within what epochs allow.

RegMix (Liu et al. 2024, arXiv 2407.01492): Dirichlet draws around the natural distribution, with concentrations between
0.1 and 5. The natural and the uniform mixture are always among them.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
CONCENTRATIONS = (0.1, 5.0)
TRIES = 1000  # draws for one mixture; a cap that lets through fewer is better met by the largest draw scaled down


def swarm(natural: FloatArray, count: int, most: FloatArray, seed: int) -> FloatArray:
    """`count` mixtures, float64 [count, sources], each summing to one and at most `most` [sources] in each source.

    `natural` is the sources' own share of the tokens; it comes first, the uniform mixture second, both brought below
    the caps. ValueError when the caps add up to less than one.
    """
    if most.sum() < 1:
        raise ValueError(
            f"the sources' epochs allow {most.sum():.0%} of the budget: lower --budget or raise max_epochs"
        )
    uniform = np.full(len(natural), 1 / len(natural))
    fixed = [below(natural / natural.sum(), most), below(uniform, most)]
    random = np.random.default_rng(seed)
    drawn = [_draw(natural, most, random) for _ in range(max(0, count - len(fixed)))]
    return np.array([*fixed, *drawn][:count])


def candidates(natural: FloatArray, count: int, most: FloatArray, seed: int) -> FloatArray:
    """Mixtures to predict for: drawn as the swarm is, and as many spread evenly over what is allowed."""
    random = np.random.default_rng(seed)
    around = [_draw(natural, most, random) for _ in range(count // 2)]
    spread = [below(weights, most) for weights in random.dirichlet(np.ones(len(natural)), count - len(around))]
    return np.array([*around, *spread])


def below(weights: FloatArray, most: FloatArray) -> FloatArray:
    """The weights with none over its cap: what is over goes to the others in proportion."""
    found = weights.astype(np.float64)
    for _ in range(len(found)):
        over = found > most
        if not over.any():
            break
        found = np.minimum(found, most)
        room = ~(found >= most)
        missing = 1 - found.sum()
        shares = found[room] if found[room].sum() > 0 else most[room] - found[room]
        if missing <= 0 or not len(shares) or shares.sum() <= 0:
            break
        found[room] += missing * shares / shares.sum()
    return np.asarray(found / found.sum())


def _draw(natural: FloatArray, most: FloatArray, random: np.random.Generator) -> FloatArray:
    low, high = np.log(CONCENTRATIONS)
    base = natural / natural.sum() * len(natural)
    for _ in range(TRIES):
        weights = random.dirichlet(np.maximum(base * np.exp(random.uniform(low, high)), 1e-3))
        if np.isfinite(weights).all() and (weights <= most).all():
            return np.asarray(weights)
    return below(np.asarray(weights), most)
