import attr
from attrs import define, field, validators


@define(frozen=True, order=True)
class Point:
    x: int = field(validator=validators.instance_of(int))
    y: int = 0


print(Point(1), attr.asdict(Point(2, 3)))
