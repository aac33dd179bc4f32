"""Replies that will not end: repetition, padding and sheer length, seen while they stream in."""

from __future__ import annotations

# A tail of so many characters that repeats with so short a period, or a shorter one, is no text: at least 8 times the same
# in a row.  Two tails, so that short loops are cut early and long ones are cut at all.
_TAILS = ((600, 40), (2400, 300))
# Blanks in a row after which a model that pads its answer is not read on; indentation never comes near it.
_PADDING = 200
# Characters between two looks at the tail.
_EVERY = 100
# English has about 4 characters a token; a server that keeps to the limit on tokens stays well below twice that.
_CHARACTERS_PER_TOKEN = 8
_CHARACTERS_ANYWAY = 2000


class Runaway:
    """Watches one reply as it grows.

    Parameters
    ----------
    max_tokens : int
        The limit that the server was given; what is far longer shows that it ignores it.
    """

    def __init__(self, max_tokens: int) -> None:
        self.limit = _CHARACTERS_ANYWAY + _CHARACTERS_PER_TOKEN * max_tokens
        self._looked_at = 0

    def seen(self, text: str, thought: int) -> str:
        """What is wrong with a reply so far.

        Parameters
        ----------
        text : str
            The reply as far as it is read.
        thought : int
            Characters of what the model thought aloud besides; they count towards the length.

        Returns
        -------
        str
            "", ``padding``, ``repetition`` or ``length``.
        """
        length = len(text) + thought
        if length - self._looked_at < _EVERY:
            return ""
        self._looked_at = length
        # Padding comes first, for a reply that is only padded is as good as one that is not.
        if len(text) >= _PADDING and text[-_PADDING:].isspace():
            return "padding"
        if length > self.limit:
            return "length"
        return "repetition" if is_loop(text) else ""


def is_loop(text: str) -> bool:
    """Whether the end of a text is the same few characters over and over.

    A text has period n exactly where it is the same without its first n and without its last n characters.
    """
    for length, longest in _TAILS:
        tail = text[-length:]
        if len(tail) == length and any(tail[n:] == tail[:-n] for n in range(1, longest + 1)):
            return True
    return False
