exec("W = 2")
V = eval("W + 1")
