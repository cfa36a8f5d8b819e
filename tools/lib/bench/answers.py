"""A target whose answers are known."""

import places
from targets import Target


class Answers(Target):
    """Threads that wait for each other and print right answers, or wrong ones if a call of theirs failed."""

    def __init__(self, workers):
        self._workers = workers
        self._totals = []
        super().__init__([places.built / "answers", workers])

    def next_answer(self):
        """Waits for an answer that was not there before; says whether it and those before are right."""
        return all(self._is_right(line) for line in [*self.lines_so_far(), self.line()])

    def _is_right(self, line):
        _, number, answer = line.split()
        return int(answer, 16) == self._total(int(number))

    def _total(self, number):
        while len(self._totals) < number:
            seeds = ((len(self._totals) + 1) * 1000003 + worker for worker in range(self._workers))
            self._totals.append(((self._totals or [0])[-1] + sum(map(_burnt, seeds))) % 2**64)
        return self._totals[number - 1]


def _burnt(seed, steps=5_000_000):
    """What burn() of program.h gives: x → a x + c, so many times, modulo 2^64, by squaring."""
    factor, addend, power, step = 1, 0, 6364136223846793005, 1442695040888963407
    while steps:
        if steps & 1:
            factor, addend = factor * power % 2**64, (addend * power + step) % 2**64
        power, step, steps = power * power % 2**64, (step * power + step) % 2**64, steps >> 1
    return (seed * factor + addend) % 2**64
