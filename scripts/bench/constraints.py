"""Short methods of many small objects, as a solver of one-way constraints has them (DeltaBlue)."""


class Variable:
    def __init__(self, value):
        self.value = value
        self.constraints = []
        self.determined_by = None

    def add(self, constraint):
        self.constraints.append(constraint)


class Constraint:
    def __init__(self, strength):
        self.strength = strength
        self.satisfied = False

    def is_input(self):
        return False

    def is_satisfied(self):
        return self.satisfied

    def weaker_than(self, other):
        return self.strength < other.strength


class Equal(Constraint):
    def __init__(self, left, right, strength):
        super().__init__(strength)
        self.left, self.right = left, right
        left.add(self)
        right.add(self)

    def output(self):
        return self.right

    def choose(self):
        other = self.right.determined_by
        if other is None or other.weaker_than(self):
            self.satisfied = True
            self.right.determined_by = self

    def execute(self):
        self.right.value = self.left.value


class Scale(Equal):
    def __init__(self, left, factor, right, strength):
        super().__init__(left, right, strength)
        self.factor = factor

    def execute(self):
        self.right.value = self.left.value * self.factor


class Edit(Constraint):
    def __init__(self, variable, strength):
        super().__init__(strength)
        self.variable = variable
        variable.add(self)

    def is_input(self):
        return True

    def output(self):
        return self.variable

    def choose(self):
        self.satisfied = True

    def execute(self):
        pass


def plan(sources):
    order, waiting = [], list(sources)
    while waiting:
        constraint = waiting.pop()
        if constraint.is_satisfied():
            order.append(constraint)
            waiting.extend(
                other
                for other in constraint.output().constraints
                if other is not constraint and not other.is_input()
                and other.output() is not constraint.output()
            )
    return order


def chain(length, edits):
    variables = [Variable(n) for n in range(length)]
    constraints = [
        Equal(a, b, 1) if n % 2 else Scale(a, 1, b, 1)
        for n, (a, b) in enumerate(zip(variables, variables[1:]))
    ]
    edit = Edit(variables[0], 2)
    for constraint in [edit, *constraints]:
        constraint.choose()
    steps = plan([edit])
    for value in range(edits):
        variables[0].value = value
        for constraint in steps:
            constraint.execute()
        assert variables[-1].value == value


for _ in range(40):
    chain(1500, 10)
