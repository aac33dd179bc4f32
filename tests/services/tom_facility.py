"""A facility of the TOM that `tom.sh` makes: the toolkit's own manual facility, which also knows states and cancelling."""

from tom_observations.facilities.manual import ExampleManualFacility
from tom_observations.facility import BaseManualObservationForm
from tom_observations.models import ObservationRecord


class Loopback(ExampleManualFacility):
    name = "Example"
    # The API asks for these, and the toolkit's own manual facility has none.
    observation_forms = {"OBSERVATION": BaseManualObservationForm}  # noqa: RUF012

    def get_terminal_observing_states(self):
        return ["COMPLETED", "CANCELED", "WINDOW_EXPIRED", "FAILED"]

    def get_failed_observing_states(self):
        return ["CANCELED", "WINDOW_EXPIRED", "FAILED"]

    def cancel_observation(self, observation_id):
        return bool(ObservationRecord.objects.filter(observation_id=observation_id).update(status="CANCELED"))

    def update_observation_status(self, observation_id):
        """Nobody but a person changes the state here."""
