"""What families of trained models have in common: examples, splits, training, calibration, guards, scores and cards."""
