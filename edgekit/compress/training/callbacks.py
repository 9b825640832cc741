"""What happens between the steps of a training: validations, training checkpoints by the clock, progress."""

from __future__ import annotations

import math
import time
from typing import Any

from edgekit.compress.training import distributed
from edgekit.compress.training.training_job import TrainingJob, ValidationMetric
from edgekit.io.progress import Advance

# what an interruption may cost at most, in seconds: an epoch alone can take half an hour
SAVE_SECONDS = 240.0
# the key of a training loss in the trainer's history, and how many of them a training has at least, about
LOSS, _LOSS_POINTS = "edgekit_loss", 100
# how often the loss is read for the progress, which waits for the step
_SHOWN_SECONDS = 1.0


def add_callbacks(
    trainer: Any, job: TrainingJob[Any], steps_in_epoch: int, metric: ValidationMetric, advance: Advance
) -> None:
    """Early stopping, validations and training checkpoints within an epoch, and progress."""
    from transformers import EarlyStoppingCallback

    options = job.options
    if options.patience:
        trainer.add_callback(EarlyStoppingCallback(early_stopping_patience=options.patience))
    trainer.add_callback(_inner_validations(steps_in_epoch, options.validations))
    trainer.add_callback(_timed_saver(steps_in_epoch))
    trainer.add_callback(_reporter(job, metric, advance, trainer.edgekit_losses))


def _inner_validations(steps_in_epoch: int, wanted: int) -> Any:
    """A callback that validates between epochs too, evenly; at the end of one it is done anyway."""
    from transformers import TrainerCallback

    inner = {round(part * steps_in_epoch / wanted) for part in range(1, wanted)} - {0, steps_in_epoch}

    class InnerValidations(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step % steps_in_epoch in inner and state.global_step < state.max_steps:
                control.should_evaluate = control.should_save = True

    return InnerValidations()


def _timed_saver(steps_in_epoch: int) -> Any:
    """A callback that saves between epochs too, where they are long; the last step of one is saved anyway."""
    from transformers import TrainerCallback

    class TimedSaver(TrainerCallback):  # type: ignore[misc]
        saved_at = time.monotonic()

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            between = state.global_step % steps_in_epoch and state.global_step < state.max_steps
            # clocks differ, and a training checkpoint is written by all processes or none
            if between and distributed.from_main(time.monotonic() - self.saved_at >= SAVE_SECONDS):
                control.should_save = True

        def on_save(self, args: object, state: object, control: object, **kwargs: object) -> None:
            self.saved_at = time.monotonic()

    return TimedSaver()


class LossMeter:
    """The mean loss of batches; they are added up where they lie, so that no step waits for it."""

    def __init__(self) -> None:
        self._sum: Any = None
        self._count = 0

    def add(self, loss: Any) -> None:
        """The loss of a batch, a scalar tensor."""
        found = loss.detach()
        self._sum, self._count = found if self._sum is None else self._sum + found, self._count + 1

    def mean(self) -> float:
        """Since it was emptied; NaN of none."""
        return float(self._sum) / self._count if self._count else math.nan

    def empty(self) -> None:
        """Begin anew."""
        self._sum, self._count = None, 0


class _Speed:
    """Rows a second, the time between steps that are no training left out."""

    def __init__(self, rows_a_step: int) -> None:
        self._rows_a_step = rows_a_step
        self._since: float | None = None
        self._rows, self._seconds = 0, 0.0

    def begin(self) -> None:
        """A step begins."""
        if self._since is None:
            self._since = time.monotonic()

    def step(self) -> None:
        now = time.monotonic()
        self._rows, self._seconds = self._rows + self._rows_a_step, self._seconds + now - (self._since or now)
        self._since = now

    def pause(self) -> None:
        self._since = None

    def empty(self) -> None:
        self._rows, self._seconds = 0, 0.0

    def mean(self) -> float:
        return self._rows / max(self._seconds, 1e-6)


def _reporter(job: TrainingJob[Any], metric: ValidationMetric, advance: Advance, meter: LossMeter) -> Any:
    """A callback that turns the trainer's steps into progress: loss, rows a second, the last validation.

    Losses go into the trainer's state too, with which a training goes on.
    """
    from transformers import TrainerCallback

    options = job.options
    rows_a_step = options.batch_size * options.gradient_accumulation * distributed.world_size()

    class Reporter(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.running = self.validated = ""
            self.shown_at = 0.0
            self.speed = _Speed(rows_a_step)

        def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.speed.begin()

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.speed.step()
            is_point = state.global_step % max(1, state.max_steps // _LOSS_POINTS) == 0
            if is_point or time.monotonic() - self.shown_at >= _SHOWN_SECONDS:
                loss, speed = meter.mean(), self.speed.mean()
                self.shown_at, self.running = time.monotonic(), f", loss {loss:.4g}, {speed:,.0f} rows/s"
            if is_point:
                state.log_history.append({LOSS: loss, "step": state.global_step, "rows_per_s": speed})
                meter.empty()
                self.speed.empty()
            advance(state.global_step, self._note(state))

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **kwargs: Any) -> None:
            self.speed.pause()
            self.validated = f", {metric.note(metric.shown(metrics[f'eval_{metric.name}']))}"
            advance(state.global_step, self._note(state))
            job.progress.say(f"{job.title}: {self._note(state)}")

        def on_save(self, args: object, state: object, control: object, **kwargs: object) -> None:
            self.speed.pause()

        def _note(self, state: Any) -> str:
            return f"step {state.global_step:,} of {state.max_steps:,}{self.running}{self.validated}"

    return Reporter()
