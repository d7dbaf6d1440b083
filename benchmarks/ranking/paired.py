"""Whether a change is better: two states of the ranking, query by query.

The test is Fisher's randomisation test, which assumes nothing of how figures are distributed: if a
change made no difference, each query's difference could as well have the other sign. `p` is how
often such signs, drawn at random, give a mean as far from zero. Below 0.05 a difference is hardly
luck; with twenty changes tried, one such is luck.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import NamedTuple

_DRAWS = 10_000
_SEED = 12
_EIGHT = 8  # differences whose signs one random byte has
# Figures that differ by less differ in the last bits of floats.
_NOTHING = 1e-12


class Difference(NamedTuple):
    """How a measure changed: the mean, its p, and how many queries got better and worse."""

    mean: float
    p: float
    better: int
    worse: int

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ({self.better}↑ {self.worse}↓, p {self.p:.2f})"


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> Difference:
    """How a measure changed over the queries of `before`, which `after` must have."""
    changed = [after[query] - before[query] for query in before]
    telling = [one for one in changed if abs(one) > _NOTHING]
    better = sum(one > 0 for one in telling)
    mean = sum(telling) / len(changed)
    return Difference(mean, p_value(telling), better, len(telling) - better)


def p_value(differences: Sequence[float]) -> float:
    """How often signs drawn at random give a sum as far from zero; of no differences always."""
    least = abs(sum(differences)) - _NOTHING
    tables = [
        [sum(signs) for signs in product(*((one, -one) for one in some))]
        for some in (differences[at : at + _EIGHT] for at in range(0, len(differences), _EIGHT))
    ]
    random = Random(_SEED)
    as_far = 0
    for _ in range(_DRAWS):
        drawn = zip(tables, random.randbytes(len(tables)), strict=True)
        total = sum([table[byte % len(table)] for table, byte in drawn])
        as_far += abs(total) >= least
    return (as_far + 1) / (_DRAWS + 1)
