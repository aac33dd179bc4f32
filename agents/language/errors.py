"""What can go wrong between Gnomon and a language model.

::

    LanguageError            there is no usable answer from a language model; what does without one still works
      EndpointError          the server cannot be used: down, refusing, wrong address, key or model
      ReplyError             the model answered, and its answer cannot be used; ``reply`` is what it said
        NoObject             there is not one whole JSON object in it
        ModelRefused         the model declined to answer
      BudgetExhausted        no more may be asked of a model in this planning
      MissingExchange        a played-back conversation asked what was never recorded
      LocalModelError        a local model could not be fetched or started

No sentence and no attribute of any of them holds a key.
"""

from __future__ import annotations

from gnomon.tools.errors import GnomonError


class LanguageError(GnomonError):
    """There is no usable answer from a language model."""


class EndpointError(LanguageError):
    """The server cannot be used.

    Parameters
    ----------
    what, remedy, zh : str
        As in `GnomonError`.
    status : int, optional
        HTTP status, where there was one.
    retryable : bool
        Whether the same request may succeed later.
    """

    def __init__(
        self, what: str, *, remedy: str = "", zh: str = "", status: int | None = None, retryable: bool = False
    ) -> None:
        super().__init__(what, remedy=remedy, zh=zh)
        self.status = status
        self.retryable = retryable


class ReplyError(LanguageError):
    """The model answered, and its answer cannot be used.

    Parameters
    ----------
    what, remedy, zh : str
        As in `GnomonError`.  ``what`` says what is wrong with the answer, so that it can be told to the model.
    reply : str
        What the model said, whole or as far as it was read.
    """

    def __init__(self, what: str, *, remedy: str = "", zh: str = "", reply: str = "") -> None:
        super().__init__(what, remedy=remedy, zh=zh)
        self.reply = reply


class NoObject(ReplyError):
    """There is not one whole JSON object in what the model said."""


class ModelRefused(ReplyError):
    """The model declined to answer."""


class BudgetExhausted(LanguageError):
    """No more may be asked of a model in this planning."""


class MissingExchange(LanguageError):
    """A played-back conversation asked what was never recorded."""


class LocalModelError(LanguageError):
    """A local model could not be fetched or started."""
