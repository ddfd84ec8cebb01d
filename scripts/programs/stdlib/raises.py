import quopri

raise ImportError(f"{quopri.__name__} has a line under -v, and this module has none")
