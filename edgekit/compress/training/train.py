"""The training loop: Hugging Face Trainer with a loss of our own, resumable, the best validation kept."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.compress.training import distributed
from edgekit.compress.training.layer_decay import decay_by_layer
from edgekit.compress.training.losses import cross_entropy
from edgekit.compress.training.resume import SAVE_SECONDS, has_ended, newest, seal
from edgekit.data.tokens import Rows, ShuffledByLength, collate
from edgekit.errors import ToolError
from edgekit.io.progress import SILENT, Progress
from edgekit.options.train_options import TrainOptions

# loss(logits [batch, ...], batch) -> scalar; the batch holds what the rows held beside their inputs
Loss = Callable[[Any, dict[str, Any]], Any]


@dataclass(frozen=True)
class Trained:
    """How a training run ended: accuracy in % on validation, where it was best."""

    validation_accuracy: float


@dataclass(frozen=True)
class Goal:
    """What weights are judged by on validation, whatever is trained for.

    metric: `accuracy`, or `loss`, of which less is better;   loss: what is computed then
    note:   says the value to a person
    """

    metric: str
    loss: Loss
    note: Callable[[float], str]


RIGHT_LABELS = Goal("accuracy", cross_entropy, lambda share: f"validation {100 * share:.1f} %")


def train(
    model: Any,
    tokenizer: Any,
    rows: Rows,
    validation: Rows,
    options: TrainOptions,
    *,
    loss: Loss,
    learning_rate: float,
    work: Path,
    title: str,
    reads: Iterable[str] | None = None,
    progress: Progress = SILENT,
) -> Trained:
    """Train a classifier in place and leave the weights with the best validation accuracy in it.

    reads: the inputs of the model, out of those that the tokenizer gives. Default: all of them
    The rest is as in `train_towards`.
    """
    best = train_towards(
        RIGHT_LABELS,
        model,
        rows,
        validation,
        options,
        reads=tokenizer.model_input_names if reads is None else reads,
        collator=lambda batch: collate(tokenizer, batch),
        loss=loss,
        learning_rate=learning_rate,
        work=work,
        title=title,
        progress=progress,
    )
    return Trained(validation_accuracy=100 * best)


def train_towards(
    goal: Goal,
    model: Any,
    rows: Any,
    validation: Any,
    options: TrainOptions,
    *,
    reads: Iterable[str],
    collator: Callable[[Sequence[dict[str, Any]]], dict[str, Any]],
    loss: Loss,
    learning_rate: float,
    work: Path,
    title: str,
    progress: Progress = SILENT,
) -> float:
    """Train `model` in place, leave the weights in it that were best on validation, and say their value there.

    reads: the model's own inputs; all else in a batch is for the loss
    `work` holds training checkpoints, one for each validation and some between (`resume.py`): called again after an
    interruption, training goes on from the newest to the very weights that it would have had. They stay there until
    the caller has kept the model. Several processes (`distributed.py`) train one model on batches of their own.
    Raises `ToolError` if the loss ceases to be a number.
    """
    import torch
    from transformers import PrinterCallback

    _forget_precision()
    trainer = _trainer_class()(
        model=model,
        args=_arguments(goal, options, learning_rate, len(rows), work),
        train_dataset=rows,
        eval_dataset=validation,
        data_collator=collator,
        compute_metrics=_accuracy if goal.metric == "accuracy" else None,
    )
    trainer.remove_callback(PrinterCallback)
    # Trainer would leave the mean over accumulated batches to a model that computes its loss itself
    trainer.model_accepts_loss_kwargs = False
    trainer.edgekit_loss, trainer.edgekit_goal, trainer.edgekit_reads = loss, goal, tuple(reads)
    trainer.edgekit_layer_decay = options.layer_decay
    if options.patience:
        trainer.add_callback(_early_stopping(options.patience))
    epoch = steps_in_epoch(options, len(rows))
    trainer.add_callback(_inner_validations(epoch, options.validations))
    trainer.add_callback(_timed_saver(epoch))
    steps, begun = trainer_steps(options, len(rows)), newest(work)
    try:
        with progress.task(title, steps) as advance:
            trainer.add_callback(_reporter(advance, goal))
            if begun is not None and has_ended(begun, steps, options.patience):
                trainer.take_best(begun)
            else:
                trainer.train(resume_from_checkpoint=None if begun is None else str(begun))
    except FloatingPointError as error:
        raise ToolError(f"{title}: {error}", advice="lower the learning rate") from None
    with torch.no_grad():
        model.eval()
    return float(trainer.state.best_metric or 0.0)


def steps_in_epoch(options: TrainOptions, rows: int) -> int:
    """Optimizer steps of a pass over the rows."""
    batches = math.ceil(math.ceil(rows / options.batch_size) / distributed.count())
    return math.ceil(batches / options.gradient_accumulation)


def trainer_steps(options: TrainOptions, rows: int) -> int:
    """Optimizer steps of a whole run."""
    return max(1, math.ceil(options.epochs * steps_in_epoch(options, rows)))


def _forget_precision() -> None:
    """Trainer leaves its precision in the environment, accelerate in its state; later trainings would have it too."""
    from accelerate.state import AcceleratorState

    os.environ["ACCELERATE_MIXED_PRECISION"] = "no"
    AcceleratorState._reset_state()


def _arguments(goal: Goal, options: TrainOptions, learning_rate: float, rows: int, work: Path) -> Any:
    from transformers import TrainingArguments

    arguments = TrainingArguments(
        output_dir=str(work),
        num_train_epochs=options.epochs,
        learning_rate=learning_rate,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=64 if goal.metric == "accuracy" else options.batch_size,
        gradient_accumulation_steps=options.gradient_accumulation,
        weight_decay=options.weight_decay,
        warmup_steps=round(options.warmup * trainer_steps(options, rows)),
        lr_scheduler_type="linear",
        seed=options.seed,
        bf16=options.bf16,
        use_cpu=distributed.on_cpu(),
        ddp_timeout=round(distributed.PATIENCE.total_seconds()),
        ddp_find_unused_parameters=False,
        eval_strategy="epoch",
        save_strategy="epoch",
        restore_callback_states_from_checkpoint=True,
        load_best_model_at_end=True,
        metric_for_best_model=goal.metric,
        greater_is_better=goal.metric == "accuracy",
        prediction_loss_only=goal.metric == "loss",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=False,
    )
    # several GPUs in one process would be copies of the model that nobody looks into: one process a GPU
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def _trainer_class() -> Any:
    """Trainer with the caller's loss; made here because transformers is imported late."""
    import torch
    from transformers import Trainer, TrainerState

    class LossTrainer(Trainer):  # type: ignore[misc]
        """Runs the model on its own inputs alone, and hands the whole batch to the loss."""

        edgekit_loss: Loss
        edgekit_goal: Goal
        edgekit_reads: tuple[str, ...]
        edgekit_layer_decay: float

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            rows = self.train_dataset if train_dataset is None else train_dataset
            return ShuffledByLength(rows.lengths, self.args.train_batch_size, self.args.seed)

        def create_optimizer(self, *given: Any) -> Any:
            """As Trainer does, lower layers slower where that is wanted."""
            optimizer = super().create_optimizer(*given)
            if self.edgekit_layer_decay < 1:
                decay_by_layer(optimizer, self.model, self.edgekit_layer_decay)
            return optimizer

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            """Loss of a batch; while evaluating that of the goal, whatever is trained for."""
            outputs = model(**{name: inputs[name] for name in self.edgekit_reads if name in inputs})
            loss = (self.edgekit_loss if model.training else self.edgekit_goal.loss)(outputs.logits, inputs)
            if not torch.isfinite(loss):
                raise FloatingPointError("the loss is no longer a number")
            return (loss, outputs) if return_outputs else loss

        def evaluate(self, *given: Any, **named: Any) -> Any:
            """Beside the training: what is random in it goes on as if nobody had looked."""
            with torch.random.fork_rng(devices=()):
                return super().evaluate(*given, **named)

        def take_best(self, ended: Path) -> None:
            """The end of a training whose every step was taken before an interruption."""
            self.state = TrainerState.load_from_json(str(ended / "trainer_state.json"))
            self._load_best_model()

        def _issue_warnings_after_load(self, load_result: Any) -> None:
            """Nothing to say: of a checkpoint of its own only weights are missing that are tied to others."""

        def _rotate_checkpoints(self, use_mtime: bool = False, output_dir: str | None = None) -> None:
            """Called when a training checkpoint is written."""
            seal(Path(self.args.output_dir), self.state.global_step, self.state.best_global_step)

        def _save_rng_state(self, output_dir: str) -> None:
            """What is sealed is what every process has written."""
            super()._save_rng_state(output_dir)
            distributed.wait_for_all()

    return LossTrainer


def _accuracy(prediction: Any) -> dict[str, float]:
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def _early_stopping(patience: int) -> Any:
    from transformers import EarlyStoppingCallback

    return EarlyStoppingCallback(early_stopping_patience=patience)


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
            if between and distributed.as_main_says(time.monotonic() - self.saved_at >= SAVE_SECONDS):
                control.should_save = True

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.saved_at = time.monotonic()

    return TimedSaver()


def _reporter(advance: Any, goal: Goal) -> Any:
    """A callback that turns the trainer's steps into progress, with what the last validation said beside it."""
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):  # type: ignore[misc]
        note = ""

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            advance(state.global_step, self.note)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **kwargs: Any) -> None:
            self.note = goal.note(metrics[f"eval_{goal.metric}"])
            advance(state.global_step, self.note)

    return Reporter()
