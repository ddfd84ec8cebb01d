VALUE = "a module in a namespace package"
