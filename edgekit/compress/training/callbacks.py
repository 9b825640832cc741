"""What happens between the steps of a training: validations, training checkpoints by the clock, progress."""

from __future__ import annotations

import time
from typing import Any

from edgekit.compress.training import distributed
from edgekit.compress.training.training_job import ValidationMetric
from edgekit.io.progress import Advance
from edgekit.options.train_options import TrainOptions

# what an interruption may cost at most, in seconds: an epoch alone can take half an hour
SAVE_SECONDS = 240.0


def add_callbacks(
    trainer: Any, options: TrainOptions, steps_in_epoch: int, metric: ValidationMetric, advance: Advance
) -> None:
    """Early stopping, validations and training checkpoints within an epoch, and progress."""
    from transformers import EarlyStoppingCallback

    if options.patience:
        trainer.add_callback(EarlyStoppingCallback(early_stopping_patience=options.patience))
    trainer.add_callback(_inner_validations(steps_in_epoch, options.validations))
    trainer.add_callback(_timed_saver(steps_in_epoch))
    trainer.add_callback(_reporter(advance, metric))


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


def _reporter(advance: Advance, metric: ValidationMetric) -> Any:
    """A callback that turns the trainer's steps into progress, with what the last validation found beside it."""
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):  # type: ignore[misc]
        note = ""

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            advance(state.global_step, self.note)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **kwargs: Any) -> None:
            self.note = metric.note(metrics[f"eval_{metric.name}"])
            advance(state.global_step, self.note)

    return Reporter()
