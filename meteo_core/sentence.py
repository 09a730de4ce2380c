"""Sentences that pages say in another language, made where no page is in sight."""

from typing import Self


class Sentence(str):
    """English text that remembers how it was put together.

    `Sentence("there is no user %(name)s", name=...)` is that sentence wherever a string is wanted; a page
    that speaks another language translates the template and puts the values in again. Values may be
    sentences.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill in the values, by name; a percent sign is written twice."""
        made = super().__new__(cls, template % values)
        made.template, made.values = template, values
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """How it is made again where it was sent to another process."""
        return (self.template,), self.values


def sentence_of(error: Exception) -> str:
    """What an error says, as the sentence that it was made with where it was made with one."""
    said = error.args[0] if error.args else None
    return said if isinstance(said, Sentence) else str(error)
