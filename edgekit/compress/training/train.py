"""The training loop: Hugging Face Trainer with a loss of our own, resumable, the best validation kept."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from edgekit.bundle.training_record import TrainingLog
from edgekit.compress.training import distributed
from edgekit.compress.training.callbacks import LossMeter, add_callbacks
from edgekit.compress.training.course import best_figures, training_log
from edgekit.compress.training.losses import absolute_error, binary_cross_entropy, cross_entropy
from edgekit.compress.training.resume import has_ended, newest_checkpoint
from edgekit.compress.training.trainer import trainer_class
from edgekit.compress.training.training_job import Loss, Objective, Trained, TrainingJob, ValidationMetric
from edgekit.data.facts import lengths_said, token_lengths
from edgekit.data.splits import Data
from edgekit.data.token_blocks import Blocks, TextData
from edgekit.data.tokenizer import Tokenizer
from edgekit.data.tokens import Rows, collate, tokenize
from edgekit.errors import ToolError
from edgekit.options.stage_options import SplitName
from edgekit.options.train_options import TrainOptions
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, ProblemType


def validation_metric(problem_type: ProblemType, wanted: str | None = None) -> ValidationMetric:
    """The one wanted, else accuracy or, where there is none, what the rows' labels are missed by."""
    if problem_type == REGRESSION:
        return ValidationMetric("loss", absolute_error, "mae", "validation error {:.4g}".format)
    if problem_type == MULTI_LABEL:
        return ValidationMetric("loss", binary_cross_entropy, "cross_entropy", "validation loss {:.4g}".format)
    return _METRICS[wanted or "accuracy"]


def train_classifier(
    job: TrainingJob[Data], rows: Rows, validation: Rows, loss: Loss, inputs: tuple[str, ...] | None = None
) -> Trained:
    """Train a classifier in place and leave the weights that were best on validation in it.

    inputs: those of the model, out of those that the tokenizer gives. Default: all of them
    Raises as `train`.
    """
    metric = validation_metric(job.data.problem_type, job.options.metric)
    objective = Objective(
        loss,
        metric,
        tuple(job.tokenizer.model_input_names) if inputs is None else inputs,
        lambda batch: collate(job.tokenizer, batch),
    )
    log, best = train(job, rows, validation, objective)
    if job.data.problem_type == REGRESSION:
        return Trained(len(validation), mae=best["loss"], log=log)
    if job.data.problem_type == MULTI_LABEL:
        return Trained(len(validation), cross_entropy=best["loss"], log=log)
    silent = tuple(job.data.labels[int(place)] for place in best.get("never_predicted", ()))
    log = log.model_copy(update={"never_predicted": silent})
    return Trained(len(validation), accuracy=100 * best.get("accuracy", 0.0), log=log)


def tokenize_split(
    job: TrainingJob[Data], split: SplitName, max_length: int, tokenizer: Tokenizer | None = None
) -> Rows:
    """The rows of a split by the job's own tokenizer, or by another one; raises `UsageError` where there are none."""
    chosen = job.tokenizer if tokenizer is None else tokenizer
    return tokenize(chosen, job.data.split(split), max_length, title=f"{job.title}: tokenizing", progress=job.progress)


def train(
    job: TrainingJob[Data | TextData], rows: Rows | Blocks, validation: Rows | Blocks, objective: Objective
) -> tuple[TrainingLog, dict[str, Any]]:
    """Train `job.model` in place, leave the weights in it that were best on validation; its course, and their figures.

    `job.folder` holds training checkpoints, one for each validation and some between (`resume.py`): called again
    after an interruption, training goes on from the newest to the very weights that it would have had. They stay
    there until the caller has saved the model. Several processes (`distributed.py`) train one model on batches of
    their own. Raises `ToolError` if the loss ceases to be a number.
    """
    import torch
    from transformers import PrinterCallback

    _reset_precision()
    metric, options = objective.metric, job.options
    lengths = token_lengths(rows)
    job.progress.say(f"{job.title}: {lengths_said(lengths)}")
    trainer = trainer_class()(
        model=job.model,
        args=_arguments(job, metric, len(rows)),
        train_dataset=rows,
        eval_dataset=validation,
        data_collator=objective.collate,
        compute_metrics=_answers if metric.counts_answers else None,
    )
    trainer.remove_callback(PrinterCallback)
    # Trainer would leave the mean over accumulated batches to a model that computes its loss itself
    trainer.model_accepts_loss_kwargs = False
    trainer.edgekit_objective, trainer.edgekit_layer_decay = objective, options.layer_decay
    trainer.edgekit_losses = LossMeter()
    steps, begun = total_steps(options, len(rows)), newest_checkpoint(job.folder, job.progress)
    try:
        with job.progress.task(job.title, steps) as advance:
            add_callbacks(trainer, job, steps_in_epoch(options, len(rows)), metric, advance)
            if begun is not None and has_ended(begun, steps, options.patience):
                trainer.load_best(begun)
            else:
                trainer.train(resume_from_checkpoint=None if begun is None else str(begun))
    except FloatingPointError as error:
        raise ToolError(f"{job.title}: {error}", advice="lower the learning rate") from None
    with torch.no_grad():
        job.model.eval()
    return training_log(trainer.state, metric, lengths, steps), best_figures(trainer.state)


def steps_in_epoch(options: TrainOptions, rows: int) -> int:
    """Optimizer steps of a pass over the rows."""
    batches = math.ceil(math.ceil(rows / options.batch_size) / distributed.world_size())
    return math.ceil(batches / options.gradient_accumulation)


def total_steps(options: TrainOptions, rows: int) -> int:
    """Optimizer steps of a whole run."""
    return max(1, math.ceil(options.epochs * steps_in_epoch(options, rows)))


def _reset_precision() -> None:
    """Trainer leaves its precision in the environment, accelerate in its state; later trainings would have it too."""
    from accelerate.state import AcceleratorState

    os.environ["ACCELERATE_MIXED_PRECISION"] = "no"
    AcceleratorState._reset_state()


def _arguments(job: TrainingJob[Data | TextData], metric: ValidationMetric, rows: int) -> Any:
    """Trainer's own arguments."""
    from transformers import TrainingArguments

    options = job.options
    arguments = TrainingArguments(
        output_dir=str(job.folder),
        num_train_epochs=options.epochs,
        learning_rate=job.learning_rate,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=64 if metric.counts_answers else options.batch_size,
        gradient_accumulation_steps=options.gradient_accumulation,
        weight_decay=options.weight_decay,
        warmup_steps=round(options.warmup * total_steps(options, rows)),
        lr_scheduler_type="linear",
        seed=options.seed,
        bf16=options.bf16,
        use_cpu=distributed.uses_cpu(),
        ddp_timeout=round(distributed.TIMEOUT.total_seconds()),
        ddp_find_unused_parameters=False,
        eval_strategy="epoch",
        save_strategy="epoch",
        restore_callback_states_from_checkpoint=True,
        load_best_model_at_end=True,
        metric_for_best_model=metric.name,
        greater_is_better=metric.counts_answers,
        prediction_loss_only=not metric.counts_answers,
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=False,
    )
    # several GPUs in one process would be copies of the model that no hook looks into: one process a GPU
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def _answers(prediction: Any) -> dict[str, Any]:
    """Shares of right answers, and the numbers of the labels that have rows and were never the answer."""
    given, wanted = prediction.predictions.argmax(-1), prediction.label_ids
    classes = prediction.predictions.shape[-1]
    asked, answered = np.bincount(wanted, minlength=classes), np.bincount(given, minlength=classes)
    right = np.bincount(wanted[given == wanted], minlength=classes)
    there = asked + answered > 0
    return {
        "accuracy": float((given == wanted).mean()),
        "macro_f1": float((2 * right[there] / (asked + answered)[there]).mean()),
        "never_predicted": [int(place) for place in np.flatnonzero((asked > 0) & (answered == 0))],
    }


def _percent(share: float) -> float:
    return 100 * share


_METRICS: dict[str, ValidationMetric] = {
    "accuracy": ValidationMetric("accuracy", cross_entropy, "accuracy", "validation {:.1f} %".format, _percent),
    "macro_f1": ValidationMetric(
        "macro_f1", cross_entropy, "macro_f1", "validation macro-F1 {:.1f} %".format, _percent
    ),
}
