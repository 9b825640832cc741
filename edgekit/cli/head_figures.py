"""The figures of multi-label models and of regressions, as `edgekit evaluate` and `edgekit inspect` print them."""

from __future__ import annotations

import click

from edgekit.bundle.evaluation import Accuracy
from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.cli.output import print_rich
from edgekit.io.quantities import percent


def print_head(found: LabelSets | Numbers, most_classes: int | None) -> None:
    """Each figure with its interval and what is in doubt, and of a multi-label model its labels."""
    for line in figure_lines(found):
        click.echo(line)
    click.echo(f"  {found.rows:,} rows of {found.data}, {found.runtime}")
    print_rows(found)
    if isinstance(found, LabelSets):
        _print_labels(found, most_classes)


def print_rows(found: Accuracy | LabelSets | Numbers) -> None:
    """What a reader must know of the rows: which were left out as training rows, and how many were cut."""
    if found.left_out:
        click.echo(f"  {found.left_out:,} rows more that are training rows too are left out")
    elif found.training_rows:
        click.echo(
            f"  {found.training_rows:,} of them are training rows: the figures are too good, and gate no budget"
        )
    if found.truncated:
        share = percent(found.truncated, found.rows)
        click.echo(f"  {found.truncated:,} rows are longer than the model takes and were cut ({share})")


def figure_lines(found: LabelSets | Numbers) -> list[str]:
    """A line for each figure, and one behind it for what makes it doubtful."""
    if isinstance(found, LabelSets):
        figures = [
            (
                f"micro-F1 {found.micro_f1:.2f} % (95 %: {found.micro_f1_low:.2f} to {found.micro_f1_high:.2f})",
                "micro_f1",
            ),
            (f"macro-F1 {found.macro_f1:.2f} % ({found.macro_f1_low:.2f} to {found.macro_f1_high:.2f})", "macro_f1"),
            (f"all labels right {found.exact:.2f} % ({found.exact_low:.2f} to {found.exact_high:.2f})", ""),
        ]
    else:
        high = "no bound" if found.mae_high is None else f"{found.mae_high:.4g}"
        figures = [(f"mean absolute error {found.mae:.4g} (95 %: {found.mae_low:.4g} to {high})", "mae")]
        if found.spearman is None:
            figures.append(("Spearman: none", "spearman"))
        else:
            interval = f"{found.spearman_low:.3f} to {found.spearman_high:.3f}"
            figures.append((f"Spearman {found.spearman:.3f} ({interval})", "spearman"))
        figures.append((f"root mean squared error {found.rmse:.4g}", ""))
    lines = []
    for line, name in figures:
        doubt = getattr(found, f"{name}_doubt") if name else ""
        lines += [line, f"  {doubt}"] if doubt else [line]
    return lines


def _print_labels(found: LabelSets, most: int | None) -> None:
    from edgekit.report.mistake_cells import worst_first
    from edgekit.report.terminal import classes_table

    classes = worst_first(found.classes)
    if most is not None and len(classes) > most:
        click.echo(f"\nThe {most} of {len(classes)} labels with the lowest F1 (--all-classes shows all)")
        classes = classes[:most]
    else:
        click.echo("\nLabels, the lowest F1 first")
    print_rich(classes_table(classes))
