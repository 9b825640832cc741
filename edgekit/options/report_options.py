"""What the report of a run can be told."""

from __future__ import annotations

from edgekit.schema.base_model import Strict


class ReportOptions(Strict):
    """Options of a run's report.

    texts: whether it shows some of the texts that a bundle labels wrongly; packages never hold them
    """

    texts: bool = True
