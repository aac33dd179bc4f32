"""Settings: one ``settings.toml`` in the platform's config folder, overridden by ``GNOMON_*`` variables."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    from gnomon.agents.language.settings import LanguageSettings
    from gnomon.plans.policy import Policy
    from gnomon.tools.access import Access

KEYS = (
    "home",
    "workers",
    "cluster",
    "check_scripts",
    "policy",
    "archives",
    "knowledge",
    "language",
    "timezone",
    "prefer",
    "telescopes",
)


@dataclass(frozen=True)
class Settings:
    """What a person set; everything has a default.

    ``home`` holds store, runs and conversations; ``workers`` and ``cluster`` say where steps run; ``check_scripts`` whether
    each run's script is run by itself and compared with the run; ``policy`` is the table of that
    name in the file; ``hosts`` are those that may be asked beside the known archives, from ``[archives]`` and
    ``GNOMON_ARCHIVES_HOSTS``; ``language`` is the language model, from its table and from ``OPENAI_BASE_URL``, ``OPENAI_API_KEY`` and
    ``GNOMON_MODEL``; ``timezone`` is what "tonight" is reckoned in, by default the machine's; ``prefer`` is ``fast`` or ``thorough`` where a
    question leaves it open; ``knowledge_server`` is the address of a chromadb server whose literature memory is shared, from ``[knowledge]`` and
    ``GNOMON_KNOWLEDGE_SERVER``; ``telescopes`` is the person's own telescopes document, by default ``telescopes.yaml`` in ``home``.
    """

    source: Path | None
    home: Path
    workers: int | None
    cluster: str | None
    check_scripts: bool
    policy_table: dict[str, object]
    language: LanguageSettings
    timezone: str | None = None
    prefer: str = ""
    hosts: tuple[str, ...] = ()
    knowledge_server: str = ""
    telescopes: Path | None = None

    def access(self, *, offline: bool = False) -> Access:
        """What steps may reach outside; ``offline`` gives replies of earlier runs alone."""
        from gnomon.tools.access import Access

        return Access(more_hosts=self.hosts, folder=str(self.home / "archives"), offline=offline)

    def policy(self) -> Policy:
        """The policy in force."""
        from pydantic import ValidationError

        from gnomon.plans.policy import Policy

        try:
            base = Policy()
            table = dict(self.policy_table)
            effects = table.pop("effects", {})
            if not isinstance(effects, dict):
                raise UsageError(
                    "policy.effects in the settings must be a table.",
                    remedy='Write [policy.effects] and lines like compute = "automatic".',
                )
            return Policy.model_validate({**base.model_dump(), **table, "effects": {**base.effects, **effects}})
        except ValidationError as error:
            first = error.errors()[0]
            raise UsageError(
                f"The policy in {self.source} is wrong: {'.'.join(map(str, first['loc'])) or 'policy'}: {first['msg']}.",
                remedy="Mend settings.toml.",
            ) from error


def load(config: Path | None = None) -> Settings:
    """Read the settings.

    Parameters
    ----------
    config : pathlib.Path, optional
        The file; by default ``GNOMON_CONFIG``, else ``settings.toml`` in the platform's config folder, where it exists.

    Raises
    ------
    UsageError
        Where the file is not TOML or has a key that means nothing.
    """
    from platformdirs import user_config_path, user_data_path

    named = config or (Path(os.environ["GNOMON_CONFIG"]) if os.environ.get("GNOMON_CONFIG") else None)
    path = named or user_config_path("gnomon") / "settings.toml"
    table: dict[str, object] = {}
    if path.is_file():
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{path} is not a settings file: {error}.", remedy="Mend it or move it away.") from error
    elif named:
        raise UsageError(f"There is no settings file {path}.", remedy="Check --config and GNOMON_CONFIG.")
    unknown = set(table) - set(KEYS)
    if unknown:
        raise UsageError(
            f"{path} has the unknown settings {', '.join(sorted(unknown))}.", remedy=f"Settings are: {', '.join(KEYS)}."
        )
    home = os.environ.get("GNOMON_HOME") or table.get("home")
    cluster = os.environ.get("GNOMON_CLUSTER") or table.get("cluster")
    policy = table.get("policy", {})
    return Settings(
        source=path if path.is_file() else None,
        home=Path(str(home)).expanduser() if home else user_data_path("gnomon"),
        workers=_workers(os.environ.get("GNOMON_WORKERS") or table.get("workers")),
        cluster=str(cluster) if cluster else None,
        check_scripts=_truth(os.environ.get("GNOMON_CHECK_SCRIPTS") or table.get("check_scripts", True)),
        policy_table=dict(policy) if isinstance(policy, dict) else {},
        language=_language(table.get("language", {})),
        timezone=str(zone) if (zone := os.environ.get("GNOMON_TIMEZONE") or table.get("timezone")) else None,
        prefer=_preference(os.environ.get("GNOMON_PREFER") or table.get("prefer", "")),
        hosts=_hosts(table.get("archives", {})),
        knowledge_server=os.environ.get("GNOMON_KNOWLEDGE_SERVER") or _server(table.get("knowledge", {})),
        telescopes=_telescopes(os.environ.get("GNOMON_TELESCOPES") or table.get("telescopes")),
    )


def _telescopes(named: object) -> Path | None:
    if not named:
        return None
    path = Path(str(named)).expanduser()
    if not path.is_file():
        raise UsageError(
            f"There is no telescopes document {path}.",
            remedy="Mend telescopes in the settings or GNOMON_TELESCOPES, or leave them out.",
        )
    return path


def _server(table: object) -> str:
    server = table.get("server", "") if isinstance(table, dict) and set(table) <= {"server"} else None
    if not isinstance(server, str):
        raise UsageError(
            "knowledge in the settings must be a table with the address of a server.",
            remedy='Write [knowledge] and a line like server = "http://chroma.example.org:8000".',
        )
    return server


def _hosts(table: object) -> tuple[str, ...]:
    from gnomon.tools.access import ENVIRONMENT, hosts_of

    hosts = table.get("hosts", []) if isinstance(table, dict) and set(table) <= {"hosts"} else None
    if not isinstance(hosts, list) or not all(isinstance(h, str) for h in hosts):
        raise UsageError(
            "archives in the settings must be a table with a list of hosts.",
            remedy='Write [archives] and a line like hosts = ["tap.example.org", "127.0.0.1:8080"].',
        )
    return (*(h.strip().lower() for h in hosts), *hosts_of(os.environ.get(ENVIRONMENT, "")))


def _preference(value: object) -> str:
    if value not in ("", "fast", "thorough"):
        raise UsageError(
            f"prefer must be fast or thorough, and is {value!r}.", remedy="Mend settings.toml or GNOMON_PREFER."
        )
    return str(value)


def _language(table: object) -> LanguageSettings:
    from gnomon.agents.language.settings import LanguageSettings

    if not isinstance(table, dict):
        raise UsageError(
            "language in the settings must be a table.", remedy='Write [language] and lines like model = "NAME".'
        )
    return LanguageSettings.read(table, os.environ)


def _truth(value: object) -> bool:
    word = str(value).lower()
    if word not in ("true", "false", "1", "0"):
        raise UsageError(
            f"check_scripts must be true or false, and is {value!r}.",
            remedy="Mend settings.toml or GNOMON_CHECK_SCRIPTS.",
        )
    return word in ("true", "1")


def _workers(value: object) -> int | None:
    if value in (None, ""):
        return None
    try:
        number = int(str(value))
    except ValueError as error:
        raise UsageError(
            f"workers must be a whole number, and is {value!r}.", remedy="Mend settings.toml or GNOMON_WORKERS."
        ) from error
    if number < 1:
        raise UsageError(
            f"workers must be at least 1, and is {number}.", remedy="Mend settings.toml or GNOMON_WORKERS."
        )
    return number
