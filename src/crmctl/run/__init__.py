"""The runner: executes steps, measures the change, keeps the ledger, publishes."""

from crmctl.run.outcome import Listener, StepReport
from crmctl.run.runner import Runner
from crmctl.run.single import run_step

__all__ = ["Listener", "Runner", "StepReport", "run_step"]
