from __future__ import annotations

from typing import Generic, List, Optional, TypeVar

import pydantic
import pydantic.env_settings
from pydantic import BaseModel, BaseSettings, validator
from pydantic.generics import GenericModel

Item = TypeVar("Item")


class Node(BaseModel):
    name: str
    parent: Optional[Node] = None
    children: List[Node] = []

    @validator("name")
    def has_a_name(cls, name):
        assert name
        return name


class Page(GenericModel, Generic[Item]):
    items: List[Item]


class Settings(BaseSettings):
    depth: int = 3


Node.update_forward_refs()
print(pydantic.compiled, Settings().depth)
print(Page[Node](items=[{"name": "a", "children": [{"name": "b"}]}]).json())
