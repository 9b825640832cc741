"""The training loop: Hugging Face Trainer with a loss of our own, resumable, the best validation kept."""

from __future__ import annotations

import math
import os
from typing import Any

from edgekit.compress.training import distributed
from edgekit.compress.training.callbacks import add_callbacks
from edgekit.compress.training.losses import absolute_error, binary_cross_entropy, cross_entropy
from edgekit.compress.training.resume import has_ended, newest_checkpoint
from edgekit.compress.training.trainer import trainer_class
from edgekit.compress.training.training_job import Loss, Objective, Trained, TrainingJob, ValidationMetric
from edgekit.data.splits import Data
from edgekit.data.token_blocks import Blocks, TextData
from edgekit.data.tokenizer import Tokenizer
from edgekit.data.tokens import Rows, collate, tokenize
from edgekit.errors import ToolError
from edgekit.options.stage_options import SplitName
from edgekit.options.train_options import TrainOptions
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, ProblemType

ACCURACY = ValidationMetric("accuracy", cross_entropy, lambda share: f"validation {100 * share:.1f} %")


def validation_metric(problem_type: ProblemType) -> ValidationMetric:
    """Accuracy or, where there is none, what the rows' labels are missed by."""
    if problem_type == REGRESSION:
        return ValidationMetric("loss", absolute_error, lambda error: f"validation error {error:.4g}")
    if problem_type == MULTI_LABEL:
        return ValidationMetric("loss", binary_cross_entropy, lambda loss: f"validation loss {loss:.4g}")
    return ACCURACY


def train_classifier(
    job: TrainingJob[Data], rows: Rows, validation: Rows, loss: Loss, inputs: tuple[str, ...] | None = None
) -> Trained:
    """Train a classifier in place and leave the weights that were best on validation in it.

    inputs: those of the model, out of those that the tokenizer gives. Default: all of them
    Raises as `train`.
    """
    metric = validation_metric(job.data.problem_type)
    objective = Objective(
        loss,
        metric,
        tuple(job.tokenizer.model_input_names) if inputs is None else inputs,
        lambda batch: collate(job.tokenizer, batch),
    )
    best = train(job, rows, validation, objective)
    if job.data.problem_type == REGRESSION:
        return Trained(len(validation), mae=best)
    if job.data.problem_type == MULTI_LABEL:
        return Trained(len(validation), cross_entropy=best)
    return Trained(len(validation), accuracy=100 * best)


def tokenize_split(
    job: TrainingJob[Data], split: SplitName, max_length: int, tokenizer: Tokenizer | None = None
) -> Rows:
    """The rows of a split by the job's own tokenizer, or by another one; raises `UsageError` where there are none."""
    chosen = job.tokenizer if tokenizer is None else tokenizer
    return tokenize(chosen, job.data.split(split), max_length, title=f"{job.title}: tokenizing", progress=job.progress)


def train(
    job: TrainingJob[Data | TextData], rows: Rows | Blocks, validation: Rows | Blocks, objective: Objective
) -> float:
    """Train `job.model` in place, leave the weights in it that were best on validation, and return their metric.

    `job.folder` holds training checkpoints, one for each validation and some between (`resume.py`): called again
    after an interruption, training goes on from the newest to the very weights that it would have had. They stay
    there until the caller has saved the model. Several processes (`distributed.py`) train one model on batches of
    their own. Raises `ToolError` if the loss ceases to be a number.
    """
    import torch
    from transformers import PrinterCallback

    _reset_precision()
    metric, options = objective.metric, job.options
    trainer = trainer_class()(
        model=job.model,
        args=_arguments(job, metric, len(rows)),
        train_dataset=rows,
        eval_dataset=validation,
        data_collator=objective.collate,
        compute_metrics=_accuracy if metric.name == "accuracy" else None,
    )
    trainer.remove_callback(PrinterCallback)
    # Trainer would leave the mean over accumulated batches to a model that computes its loss itself
    trainer.model_accepts_loss_kwargs = False
    trainer.edgekit_objective, trainer.edgekit_layer_decay = objective, options.layer_decay
    steps, begun = total_steps(options, len(rows)), newest_checkpoint(job.folder, job.progress)
    try:
        with job.progress.task(job.title, steps) as advance:
            add_callbacks(trainer, options, steps_in_epoch(options, len(rows)), metric, advance)
            if begun is not None and has_ended(begun, steps, options.patience):
                trainer.load_best(begun)
            else:
                trainer.train(resume_from_checkpoint=None if begun is None else str(begun))
    except FloatingPointError as error:
        raise ToolError(f"{job.title}: {error}", advice="lower the learning rate") from None
    with torch.no_grad():
        job.model.eval()
    return float(trainer.state.best_metric or 0.0)


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
        per_device_eval_batch_size=64 if metric.name == "accuracy" else options.batch_size,
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
        greater_is_better=metric.name == "accuracy",
        prediction_loss_only=metric.name == "loss",
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


def _accuracy(prediction: Any) -> dict[str, float]:
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}
