"""From raw samples to figures with intervals, and from figures to verdicts."""
