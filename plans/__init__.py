"""What flows: plan, check, approval, store, journal, run."""
