"""The curve of a decoder's speed: every length in order, higher where it is faster, its figures said in words."""

from __future__ import annotations

import re

from edgekit.report.plots.curves import speed_curve
from edgekit.schema.measurement import GenerationMeasurement


def taken(length, token_ms):
    machine = {"device": "", "arch": "x86_64", "cpu_model": "", "cores": 4, "os": "", "libc": "", "python": ""}
    once = {"cold_load_ms": 1, "first_inference_ms": 1, "peak_rss_mb": 1}
    return GenerationMeasurement.model_validate(
        {
            "model_sha256": "0" * 64,
            "runtime": "onnxruntime",
            "runtime_version": "1",
            "threads": 1,
            "length": length,
            "capacity": 600,
            "samples_ms": {"first_token": [5.0] * 9, "token": [token_ms] * 9},
            "processes": [{**once, "samples": {"first_token": 9, "token": 9}, "seconds": 1}],
            **once,
            "warmup_runs": 1,
            "fingerprint": machine,
            "before": {},
            "after": {},
            "taken_at": "2026-01-01T00:00:00+00:00",
            "agent_version": "1",
        }
    )


def test_points_follow_length_and_speed():
    drawn = speed_curve([taken(256, 8.0), taken(16, 2.0), taken(64, 4.0)])
    assert "500 at 16, 250 at 64, 125 at 256" in drawn
    points = re.findall(r'<circle cx="([\d.]+)%" cy="([\d.]+)"', drawn)
    across, down = zip(*((float(x), float(y)) for x, y in points), strict=True)
    assert list(across) == sorted(across)
    # half the speed is half the height above the axis at 130
    heights = [130 - y for y in down]
    assert [round(height / heights[0], 3) for height in heights] == [1, 0.5, 0.25]
    assert len(re.findall('class="reach"', drawn)) == 2


def test_a_single_length_is_a_point():
    assert speed_curve([taken(16, 2.0)]).count("<circle") == 1
