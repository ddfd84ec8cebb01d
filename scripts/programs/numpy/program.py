import numpy

print(numpy.linalg.det(numpy.eye(3)), numpy.fft.fft([1, 0]).real)
print(numpy.random.default_rng(7).integers(10, size=3), numpy.polynomial.Polynomial([1, 2]))
