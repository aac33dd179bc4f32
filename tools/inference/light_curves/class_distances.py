"""How far features are from what is usual in the class that an example is said to be of; what guards of several classes go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_LEAST_SPREAD = 0.05  # of a feature in one class, over that in all: a spread of zero would make every other value odd
_FAR = 30.0  # spreads at which distances are cut


def usual_of_classes(features: np.ndarray, target: np.ndarray, classes: int) -> dict[str, np.ndarray]:
    """Middle and spread of each feature, of all stars and of those of each class; NaN where a class never has a feature."""
    import warnings

    import numpy as np

    def middle_and_spread(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a feature of which a class has no value at all
            middle = np.nanmedian(part, axis=0)
            return middle, 1.4826 * np.nanmedian(np.abs(part - middle), axis=0)

    whole, spread = middle_and_spread(features)
    spread = np.maximum(np.nan_to_num(spread), 1e-3)
    of_class = [middle_and_spread(features[target == code]) for code in range(classes)]
    return {
        "whole.middle": whole.astype(np.float32),
        "whole.spread": spread.astype(np.float32),
        "usual.middle": np.stack([m for m, _ in of_class]).astype(np.float32),
        "usual.spread": np.stack([np.maximum(s, _LEAST_SPREAD * spread) for _, s in of_class]).astype(np.float32),
    }


def apart_from_class(tensors: Mapping[str, np.ndarray], features: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """How far each feature is from what is usual in the class that the star is said to be of, in spreads of that class.

    By this a star is judged odd that would be usual in another class, such as a star as bright as a long-period variable with the period of
    an RR Lyrae star.  NaN where the feature is missing; a feature that no star of the class has is as far as can be.
    """
    import numpy as np

    middle, spread = tensors["usual.middle"][codes], tensors["usual.spread"][codes]
    far = (features - middle) / spread
    return np.asarray(np.where(np.isfinite(features) & np.isnan(middle), _FAR, np.clip(far, -_FAR, _FAR)))
