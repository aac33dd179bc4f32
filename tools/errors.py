"""The tree of errors, named by who must act.

::

    GnomonError                      every error a person may see; one plain sentence and what to do next
      UsageError                     the command or question cannot be used as it stands
        NeedsAnswer                  a question goes back to the person
      PlanError                      the plan must change (unknown tool, unresolved reference, wrong unit ...)
      ToolError                      a step failed
        InputError                   these arguments or this file cannot work
        EmptyResult                  a valid request with nothing there; what depends on it is skipped
        ServiceError                 an outside service failed; ``retryable`` says whether to try again
        NumericalError               did not converge, or gave non-finite values
      ApprovalError                  nobody allowed this, or it changed since they did
      StoreError                     the disk refused, or stored bytes are not what their digest says
        JournalError                 the journal's chain is broken
      RegistrationError              a tool is not fit to be registered

This module imports the standard library only, so that tools may raise these
errors and their source can still be lifted into a script.
"""

from __future__ import annotations


class GnomonError(Exception):
    """Base of all errors that are told to a person.

    Parameters
    ----------
    what : str
        One plain sentence: what was wrong, and where.
    remedy : str, optional
        What to do next.
    zh : str, optional
        The same sentence in Chinese, for errors that may become an answer.
    """

    def __init__(self, what: str, *, remedy: str = "", zh: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy
        self.zh = zh

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders by pickle, which would drop keyword arguments.
        return (_rebuild, (type(self), self.what, self.remedy, self.__dict__))


def _rebuild(cls: type[GnomonError], what: str, remedy: str, state: dict[str, object]) -> GnomonError:
    error = cls.__new__(cls)
    Exception.__init__(error, what, remedy)
    error.__dict__.update(state)
    return error


class UsageError(GnomonError):
    """The command or the question cannot be used as it stands."""


class NeedsAnswer(UsageError):
    """A question goes back to the person."""


class PlanError(GnomonError):
    """The plan must change before it can run."""


class ToolError(GnomonError):
    """A step failed."""


class InputError(ToolError):
    """These arguments, or this file, cannot work."""


class EmptyResult(ToolError):
    """A valid request with nothing there; what depends on it is skipped, not failed."""


class ServiceError(ToolError):
    """An outside service failed.

    Parameters
    ----------
    what, remedy, zh : str
        As in `GnomonError`.
    retryable : bool
        Whether the same request may succeed later.
    """

    def __init__(self, what: str, *, remedy: str = "", zh: str = "", retryable: bool = False) -> None:
        super().__init__(what, remedy=remedy, zh=zh)
        self.retryable = retryable


class NumericalError(ToolError):
    """A computation did not converge, or gave non-finite values."""


class ApprovalError(GnomonError):
    """Nobody allowed this, or it changed since they did."""


class StoreError(GnomonError):
    """The disk refused, or stored bytes are not what their digest says."""


class JournalError(StoreError):
    """The journal's chain is broken."""


class RegistrationError(GnomonError):
    """A tool is not fit to be registered; the sentence lists every reason."""
