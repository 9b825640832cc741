"""What is measured: a bundle, in which measurements are kept, or a bare model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.agent.runtimes.registry import MODEL_FORMATS
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.errors import NotFoundError, UsageError
from edgekit.schema.measurement import GenerationMeasurement, InstructionCounts, Measurement


@dataclass(frozen=True)
class MeasuredModel:
    """A model file of `path`, or the bundle that lies there; bundle: None of a bare file."""

    path: Path
    bundle: BundleFolder | None = None

    @classmethod
    def of(cls, model: str | Path | BundleFolder | MeasuredModel) -> MeasuredModel:
        """Raises `UsageError` for what can be no model, a folder that is no sound bundle among it.

        Raises `NotFoundError` for what is not there.
        """
        if isinstance(model, MeasuredModel):
            return model
        path = model.path if isinstance(model, BundleFolder) else Path(model)
        if path.is_dir():
            bundle = BundleFolder.of(model)
            # read before a device is reached, which would be for nothing where this is no bundle
            _ = bundle.manifest
            return cls(path, bundle)
        if not path.is_file():
            raise NotFoundError(f"{path} does not exist")
        if path.suffix.lower() not in MODEL_FORMATS:
            raise UsageError(f"{path} is neither a bundle nor a {' or '.join(MODEL_FORMATS)} file")
        return cls(path)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """The name of the file or folder."""
        return self.path.name

    @property
    def generates(self) -> bool:
        """Whether it is the bundle of a language model; a bare file is run as a classifier is."""
        return self.bundle is not None and self.bundle.task.generates

    @property
    def scheme(self) -> str:
        """The scheme of a bundle; nothing is known of a bare file's."""
        return "" if self.bundle is None else self.bundle.manifest.scheme

    def check_lengths(self, lengths: Sequence[int]) -> None:
        """Raise `UsageError` for a length that a bundle does not take, before any is measured."""
        if self.bundle is None or not lengths:
            return
        most = self.bundle.manifest.max_length
        if max(lengths) > most:
            raise UsageError(
                f"length {max(lengths)} is over the model's {most} tokens", advice="give --length up to that"
            )

    def check_keeps(self) -> None:
        """Raise `UsageError` for a bundle in a package, before anything is measured: nothing is kept there."""
        if self.bundle is not None:
            self.bundle.check_keeps()

    def keep(self, measurement: Measurement | GenerationMeasurement | InstructionCounts) -> None:
        """Write a measurement into the bundle, in place of one taken under the same conditions; of a file nothing."""
        if self.bundle is None:
            return
        conditions = {
            "model": measurement.model_sha256,
            "runtime": [measurement.runtime, measurement.runtime_version],
            "threads": measurement.threads,
            "length": measurement.length,
            "texts": None if isinstance(measurement, GenerationMeasurement) else measurement.texts_sha256,
            "machine": measurement.fingerprint.model_dump(mode="json"),
        }
        self.bundle.keep(measurement, conditions)


# a model as callers name it
Measurable = str | Path | BundleFolder | MeasuredModel
