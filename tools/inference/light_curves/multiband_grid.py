"""Irregular points in several bands on one grid of rest-frame days around the brightest stretch, inside a network.

Each grid point gets, band by band, the mean flux of the points near it (a Gaussian kernel, weights of inverse variance), how much is known there
and how significant it is.  Nothing is interpolated over gaps: where no point is near, the grid says so.
"""

from __future__ import annotations

import torch

from gnomon.tools.inference.light_curves.multiband_points import BAND_NAMES

GRID = 44  # points of the grid, 3 days of the rest frame apart, from 45 before to 84 after
FIRST_DAY, LAST_DAY = -45.0, 84.0
CHANNELS = 3 * len(BAND_NAMES)
SCALARS = 10
_KERNEL_DAYS = 3.0  # rest frame, standard deviation: the spacing of the grid
_PEAK_DAYS = 7.0  # rest frame, for the search of the brightest stretch; supernovae stay near maximum for two of these
_CANDIDATES = 48
_LEAST_REDSHIFT_ERROR = 0.01  # the least that was learnt with; a redshift from a spectrum counts as one of these
_USUAL_REDSHIFT = 0.5  # stretches the grid where no redshift is known; a scalar tells the network that it is not known


def distance_modulus(redshift: torch.Tensor) -> torch.Tensor:
    """Distance modulus in a flat universe of 70 km/s/Mpc and 0.3 matter, mag.

    Taken from the fit of Pen 1999 (doi:10.1086/313167, equations 1 and 2), which is good to 0.4 per cent in distance: far below what a photometric redshift
    leaves open.
    """
    matter = 0.3

    def eta(a: torch.Tensor) -> torch.Tensor:
        s = ((1.0 - matter) / matter) ** (1.0 / 3.0)
        b = 1.0 / a
        value: torch.Tensor = (
            2.0
            * (s**3 + 1.0) ** 0.5
            * (b**4 - 0.1540 * s * b**3 + 0.4304 * s**2 * b**2 + 0.19097 * s**3 * b + 0.066941 * s**4) ** (-0.125)
        )
        return value

    a = 1.0 / (1.0 + redshift)
    luminosity_mpc = 299792.458 / 70.0 * (1.0 + redshift) * (eta(torch.ones_like(a)) - eta(a))
    return 5.0 * torch.log10(luminosity_mpc.clamp_min(1e-3)) + 25.0


def regrid(batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Points to a grid and a few numbers.

    Parameters
    ----------
    batch : dict of str to Tensor
        ``time`` (b, n) in days from any start, ``flux``, ``flux_err`` (b, n) at zero point 27.5, ``band`` (b, n) codes of `BAND_NAMES`, ``observed`` (b, n), false
        where a row is filled up; ``redshift``, ``redshift_err`` (b,), NaN where not known.  ``shift`` (b,), in rest-frame days, moves the grid (for training).

    Returns
    -------
    grid : Tensor (b, 12, 44)
        Shrunken flux over the brightness, information and significance of each band.
    scalars : Tensor (b, 10)
        Redshift, brightness and extent, scaled to about one.
    middle : Tensor (b,)
        Where the grid's zero lies, in the days of ``time``.
    stretch : Tensor (b,)
        Days of ``time`` in a day of the grid.
    """
    time, flux, observed = batch["time"], batch["flux"], batch["observed"]
    known = torch.isfinite(batch["redshift"]).float()
    redshift = torch.where(known > 0, batch["redshift"], torch.full_like(batch["redshift"], _USUAL_REDSHIFT))
    redshift = redshift.clamp(0.005, 2.5)
    error_known = known * torch.isfinite(batch["redshift_err"]).float()
    redshift_err = torch.where(error_known > 0, batch["redshift_err"], torch.full_like(redshift, 0.1))
    redshift_err = redshift_err.clamp_min(_LEAST_REDSHIFT_ERROR)
    stretch = 1.0 + redshift
    weight = observed.float() / batch["flux_err"].clamp_min(1e-6) ** 2
    far = torch.full_like(time, 1e9)
    start = torch.where(observed, time, far).min(dim=1).values
    end = torch.where(observed, time, -far).max(dim=1).values
    nothing = ~observed.any(dim=1)
    start, end = start.masked_fill(nothing, 0.0), end.masked_fill(nothing, 0.0)

    # The brightest stretch: the largest smoothed flux after 1.5 standard deviations are taken off, so that noise does not win.
    steps = torch.linspace(0.0, 1.0, _CANDIDATES, device=time.device)
    candidates = start[:, None] + steps * (end - start)[:, None]
    kernel = torch.exp(
        -0.5 * ((candidates[:, :, None] - time[:, None, :]) / (_PEAK_DAYS * stretch)[:, None, None]) ** 2
    )
    sums = torch.bmm(kernel, torch.stack([weight, weight * flux], dim=2))
    spread = torch.bmm(kernel**2, weight[:, :, None])[:, :, 0].clamp_min(1e-20).sqrt()
    total = sums[:, :, 0].clamp_min(1e-12)
    smoothed, uncertain = sums[:, :, 1] / total, spread / total
    best = (smoothed - 1.5 * uncertain).argmax(dim=1, keepdim=True)
    brightness = torch.maximum(smoothed.gather(1, best), uncertain.gather(1, best))[:, 0].clamp(1e-3, 1e9)
    significance = (sums[:, :, 1] / spread).max(dim=1).values
    middle = candidates.gather(1, best)[:, 0]
    if "shift" in batch:
        middle = middle + batch["shift"] * stretch

    day = (time - middle[:, None]) / stretch[:, None]
    grid_days = torch.linspace(FIRST_DAY, LAST_DAY, GRID, device=time.device)
    kernel = torch.exp(-0.5 * ((day[:, None, :] - grid_days[:, None]) / _KERNEL_DAYS) ** 2)
    relative = weight * brightness[:, None] ** 2
    of_band = torch.stack([relative * (batch["band"] == code) for code in range(len(BAND_NAMES))], dim=2)
    information = torch.bmm(kernel, of_band).transpose(1, 2)
    signal = torch.bmm(kernel, of_band * (flux / brightness[:, None])[:, :, None]).transpose(1, 2)
    grid = torch.cat(
        [
            signal / (information + 4.0),
            torch.log1p(information) / 4.0,
            torch.asinh((signal / (information + 0.1).sqrt()).clamp(-100.0, 100.0)) / 2.0,
        ],
        dim=1,
    )
    log_brightness = torch.log10(brightness)
    absolute = 27.5 - 2.5 * log_brightness - distance_modulus(redshift)
    scalars = torch.stack(
        [
            known,
            redshift * known,
            redshift_err * 10.0 * error_known,
            torch.log10(redshift) * known,
            log_brightness - 1.5,
            (absolute + 18.0) / 2.0 * known,
            torch.asinh(significance) / 3.0 - 1.0,
            ((end - middle) / stretch).clamp(-60.0, 150.0) / 50.0,
            ((start - middle) / stretch).clamp(-150.0, 60.0) / 50.0,
            observed.float().sum(dim=1) / 100.0,
        ],
        dim=1,
    )
    return grid, scalars.masked_fill(nothing[:, None], 0.0), middle, stretch
