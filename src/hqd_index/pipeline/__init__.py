"""From raw files to a published run: the stages, and the loop that runs those whose ingredients changed."""

from .crew import Crew, useful
from .plan import STAGES
from .run import Event, Outcome, input_digests, previous_ingredients, run, section
from .stages import Context, Place, Stage

__all__ = [
    "STAGES",
    "Context",
    "Crew",
    "Event",
    "Outcome",
    "Place",
    "Stage",
    "input_digests",
    "previous_ingredients",
    "run",
    "section",
    "useful",
]
