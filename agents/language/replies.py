"""Recorded replies of a real model, played back where there is none: in CI, and in a demonstration."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gnomon.agents.language.errors import LanguageError, MissingExchange
from gnomon.agents.language.exchange import Exchange, Message, key


class Replies:
    """A folder of exchanges, each in a file named by the digest of model, messages and schema.

    Parameters
    ----------
    folder : pathlib.Path
        Where they lie.
    record : bool
        Whether what is missing may be asked of a real model and is then kept.  Otherwise nothing is asked of anyone.
    """

    def __init__(self, folder: Path, *, record: bool = False) -> None:
        self.folder = folder
        self.record = record

    def find(self, model: str, messages: tuple[Message, ...], schema: Mapping[str, Any] | None) -> Exchange | None:
        """The recorded exchange of a question; None where it is missing and may be recorded.

        Raises
        ------
        MissingExchange
            Where it is missing and may not be recorded, or its file is not what its name says.
        """
        name = key(model, messages, schema)
        path = self.folder / f"{name}.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            exchange = Exchange.from_document({**document["exchange"], "source": "recording"})
            is_named = key(exchange.asked, exchange.messages, document["schema"]) == name
        except FileNotFoundError:
            if self.record:
                return None
            raise MissingExchange(
                f"No reply of {model} is recorded for this question ({name[:12]}… in {self.folder}).",
                remedy="The prompt, the schema or the model has changed since; record the replies again with a model.",
            ) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise MissingExchange(
                f"{path} is not a recorded reply: {type(error).__name__}.", remedy="Record it again with a model."
            ) from error
        if not is_named:
            raise MissingExchange(
                f"{path} answers another question than its name says.", remedy="Record it again with a model."
            )
        return exchange

    def keep(self, exchange: Exchange, schema: Mapping[str, Any] | None) -> None:
        """Write one exchange down.

        Raises
        ------
        LanguageError
            Where it cannot be written.
        """
        name = key(exchange.asked, exchange.messages, schema)
        text = json.dumps(
            {"exchange": exchange.document(), "schema": schema}, indent=1, sort_keys=True, ensure_ascii=False
        )
        partial = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(text + "\n", encoding="utf-8")
            partial.replace(self.folder / f"{name}.json")
        except OSError as error:
            raise LanguageError(
                f"A reply could not be recorded in {self.folder}: {error.strerror}.", remedy="Choose another folder."
            ) from error
