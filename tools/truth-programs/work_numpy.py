"""Linear algebra, transforms and sorting: OpenBLAS's kernels are assembly, and have threads of their own."""

import numpy

generator = numpy.random.default_rng(1)
while True:
    for size in (60, 300, 500):
        a, b = generator.random((size, size)), generator.random((size, size))
        c = a @ b
        numpy.linalg.solve(a + numpy.eye(size) * size, b)
        numpy.linalg.svd(c[:60, :60])
        numpy.fft.rfft2(c)
        numpy.sort(c.astype(numpy.float32).ravel())
        numpy.exp(numpy.sin(c)).sum(axis=0).cumsum()
