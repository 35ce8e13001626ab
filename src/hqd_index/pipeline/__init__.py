"""From raw files to a published run: the stages, and the loop that runs those whose ingredients changed."""

from .job_queue import stage_workers
from .run_inputs import input_digests, previous_ingredients
from .runner import Event, Outcome, config_section, run, section
from .stage_order import STAGES
from .stages import Context, RunFolders, Stage

__all__ = [
    "STAGES",
    "Context",
    "Event",
    "Outcome",
    "RunFolders",
    "Stage",
    "config_section",
    "input_digests",
    "previous_ingredients",
    "run",
    "section",
    "stage_workers",
]
