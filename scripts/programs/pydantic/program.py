from datetime import date

from pydantic import BaseModel, Field, field_validator


class Book(BaseModel):
    title: str = Field(min_length=1)
    published: date

    @field_validator("title")
    def strip(cls, value):
        return value.strip()


print(Book(title=" True names ", published="1981-03-01").model_dump_json())
