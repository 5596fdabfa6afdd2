"""How far translations lag behind their sources, in source units.

With g(i) source units read before unit i was written, n source units, m target units and tau the
first i with g(i) = n (Ma et al. 2019, arXiv 1810.08398, equations 7 and 8):

    AL = 1/tau sum_{i = 1}^{tau} g(i) - (i - 1) n / m

Average lagging (AL) takes m from the hypothesis. LAAL (Papi et al. 2022, arXiv 2206.05807) takes
the longer of hypothesis and reference, so that long hypotheses are not rewarded.
"""

from collections.abc import Sequence


def average_lagging(delays: Sequence[int], source: int, target: int) -> float:
    """AL of one sentence: the delays g(1), g(2) ... of its units, n and m.

    A hypothesis without units lags by the whole source.
    """
    if not delays:
        return float(source)
    tau = next((i for i, read in enumerate(delays, 1) if read >= source), len(delays))
    return sum(delays[i] - i * source / target for i in range(tau)) / tau


def length_adaptive_lagging(delays: Sequence[int], source: int, references: Sequence[int]) -> float:
    """LAAL of one sentence, with the reference whose length is nearest to the hypothesis'."""
    nearest = min(references, key=lambda length: (abs(length - len(delays)), length))
    return average_lagging(delays, source, max(len(delays), nearest))
