"""Services that compute where bodies of the solar system are."""
