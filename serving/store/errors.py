"""What can go wrong with a store of scores, each as a sentence for the person who must act."""

from typing import Self


class StoreError(Exception):
    """The store cannot do what was asked; nothing was half done."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or is busy just now; asking again a little later may help."""

    @classmethod
    def publishing(cls, holder: str) -> Self:
        """Somebody else is publishing."""
        return cls(
            f"Another batch is being published by {holder or 'somebody else'}. "
            "Nothing was changed; try again later."
        )


class StoreReadOnlyError(StoreError):
    """The store may be read here, not written; the answer is 403."""


class NoScoresError(StoreError):
    """No batch has been published yet."""

    def __init__(self) -> None:
        super().__init__("No scores have been published yet. Run `tenure score`.")


class UnknownNameError(Exception):
    """A list was asked for by an attribute or a segment that its batch does not know."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field} {reason}")
