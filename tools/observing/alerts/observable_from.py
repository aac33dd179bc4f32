"""Whether what an alert is about can be observed soon: the answer to the condition ``observable``."""

from __future__ import annotations

from dataclasses import replace

from gnomon.tools.observing.alerts.alert import Alert
from gnomon.tools.observing.alerts.stream import ObservableFrom
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.telescopes import Telescopes
from gnomon.tools.observing.documents.times import text_of

_DAY = 86400.0
_STEP = 300.0  # s; a condition asks for stretches that are longer


def observable_with(telescopes: Telescopes) -> ObservableFrom:
    """What tells how long a place can be observed without a break.

    Parameters
    ----------
    telescopes : Telescopes

    Returns
    -------
    callable
        Of an alert, keys of telescopes, seconds ahead and now [MJD]: the longest stretch [s] that fulfils the limits of one of these telescopes, Sun
        and closures among them; or a sentence, where there is no position or no such telescope.
    """

    def answer(alert: Alert, keys: tuple[str, ...], seconds: float, now: float) -> float | str:
        if alert.ra is None or alert.dec is None:
            return "the alert gives no position"
        if missing := [k for k in keys if k not in telescopes.telescopes]:
            return f"no telescope is called {missing[0]}"
        from gnomon.tools.observing.visibility.tracks import SkyTracks

        held = {k: telescopes.telescopes[k] for k in keys}
        few = replace(telescopes, telescopes=held, sites={t.site: telescopes.sites[t.site] for t in held.values()})
        modes = {k: next((m.mode for i in t.instruments.values() for m in i.modes), "") for k, t in held.items()}
        document = {
            "form": "gnomon observing requests",
            "version": 1,
            "span": {"start": text_of(now), "end": text_of(now + seconds / _DAY)},
            "requests": [
                {
                    "key": "alert",
                    "priority": 1,
                    "credit": "partial",
                    "target": {"name": alert.event, "ra": alert.ra, "dec": alert.dec},
                    "visits": [
                        {"key": k, "mode": mode, "exposures": [[1, 1]], "telescopes": [k]} for k, mode in modes.items() if mode
                    ],
                }
            ],
        }  # fmt: skip
        tracks = SkyTracks(few, read_requests_document(document), step=min(_STEP, seconds / 4))
        visits = tracks.requests.requests["alert"].visits
        best = 0.0
        for visit in visits:
            for instrument, _mode in tracks.instruments_for(visit, held[visit.key]):
                windows = tracks.windows("alert", visit.key, visit.key, instrument.key)
                best = max(best, float((windows[:, 1] - windows[:, 0]).max()) if len(windows) else 0.0)
        return best

    return answer
