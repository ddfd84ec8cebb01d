import tiny

print(tiny.W, tiny.V)
