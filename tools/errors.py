"""The tree of errors, named by who must act.

::

    GnomonError                      every error a person may see; one plain sentence and what to do next
      UsageError                     the command or question cannot be used as it stands
        NeedsAnswer                  a question goes back to the person
      PlanError                      the plan must change (unknown tool, unresolved reference, wrong unit ...)
      ToolError                      a step failed
        InputError                   these arguments or this file cannot work
        EmptyResult                  a valid request with nothing there; what depends on it is skipped
          WeightsError               a file of trained weights is missing or is another one
        ServiceError                 an outside service failed; ``retryable`` says whether to try again
          LoginNeeded                a service wants to know who asks
          RateLimited                a service was asked too often, or too much
          BrokenReply                what came is not what was asked for: cut, too long, a web page in place of a table
          HostRefused                a host that is not on the list, or that has a private address
          NotOnRecord                offline, and nobody asked this before
          NetworkRefused             a step reached for the network where it may not
          MissingReply               a played-back step asked something that was never recorded
        NumericalError               did not converge, or gave non-finite values
      ApprovalError                  nobody allowed this, or it changed since they did
        StaleApproval                there is an approval, but not of exactly this
      StoreError                     the disk refused, or stored bytes are not what their digest says
        JournalError                 the journal's chain is broken
      BundleError                    a bundle is not what it says it is
        AlteredFile                  a file has other bytes than the record says
        MissingFile                  a file that the record names is not there
        UnlistedFile                 a file that the record does not know
        CrateError                   the metadata do not satisfy their profile
      ReplayError                    a bundle could not be replayed here
        ChangedTool                  a tool is not the one that ran
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
    """A question goes back to the person.

    Parameters
    ----------
    what, remedy : str
        In the language of the question.
    why : str
        ``missing`` (data or a value), ``ambiguous``, ``impossible``, ``outside`` (no tool does it), ``effect`` (it would act on the world in a way that
        no tool may) or ``unknown`` (not understood).
    options : tuple of str
        Questions that could be asked instead, or answers to choose from; concrete, in the language of the question.
    """

    def __init__(self, what: str, *, remedy: str = "", why: str = "missing", options: tuple[str, ...] = ()) -> None:
        super().__init__(what, remedy=remedy)
        self.why = why
        self.options = options


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


class LoginNeeded(ServiceError):
    """A service wants to know who asks."""


class RateLimited(ServiceError):
    """A service was asked too often, or for more than it gives."""


class BrokenReply(ServiceError):
    """What came is not what was asked for: cut off, too long, a web page in place of a table."""


class HostRefused(ServiceError):
    """A host is not on the list of those that may be asked, or has a private address."""


class NotOnRecord(ServiceError):
    """The network is not to be used, and nobody asked this before."""


class NetworkRefused(ServiceError):
    """A step reached for the network where it may not, or past the recorder."""


class MissingReply(ServiceError):
    """A played-back step asked something that was never recorded."""


class WeightsError(InputError):
    """A file of trained weights is missing, or is not the one that the plan names."""


class NumericalError(ToolError):
    """A computation did not converge, or gave non-finite values."""


class ApprovalError(GnomonError):
    """Nobody allowed this, or it changed since they did."""


class StaleApproval(ApprovalError):
    """There is an approval, but not of exactly this."""


class StoreError(GnomonError):
    """The disk refused, or stored bytes are not what their digest says."""


class JournalError(StoreError):
    """The journal's chain is broken."""


class BundleError(GnomonError):
    """A bundle is not what it says it is."""


class AlteredFile(BundleError):
    """A file of a bundle has other bytes than its manifest, journal or plan says."""


class MissingFile(BundleError):
    """A file that a bundle's manifest, journal or plan names is not there."""


class UnlistedFile(BundleError):
    """A file lies in a bundle that its manifest does not know."""


class CrateError(BundleError):
    """A bundle's metadata do not satisfy the profile that they claim."""


class ReplayError(GnomonError):
    """A bundle could not be replayed here."""


class ChangedTool(ReplayError):
    """A tool is not the one that ran."""


class RegistrationError(GnomonError):
    """A tool is not fit to be registered; the sentence lists every reason."""
