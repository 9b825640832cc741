"""`edgekit profile`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import described, model_argument, options_of
from edgekit.cli.output import as_json, print_json, print_rich
from edgekit.cli.profile.compare import compare_models, compare_option
from edgekit.cli.profile.instructions import count
from edgekit.cli.profile.runtimes import compare_by_runtimes, runtime_option, runtimes_to_compare
from edgekit.cli.profile.tool import affinity_option, profile_by_tool, tool_option
from edgekit.cli.progress import progress
from edgekit.errors import UsageError
from edgekit.options.model_ref import ModelRef
from edgekit.options.profile_options import COOL_DOWN_SECONDS, ProfileOptions

if TYPE_CHECKING:
    from edgekit.schema.measurement import AgentMeasurement


_OWN = {
    "device": click.option(
        "--device",
        multiple=True,
        metavar="NAME|URL",
        callback=lambda context, parameter, value: value or None,
        help=described(ProfileOptions, "device"),
    ),
    "runtime": runtime_option,
    "sustained": click.option("--sustained", metavar="SECONDS", help=described(ProfileOptions, "sustained")),
    "cool_down": click.option(
        "--cool-down",
        metavar="[SECONDS]",
        is_flag=False,
        flag_value=str(COOL_DOWN_SECONDS),
        help=f"{described(ProfileOptions, 'cool_down')} {COOL_DOWN_SECONDS:.0f} where no time is given.",
    ),
}


@click.command("profile", cls=Command)
@model_argument("bundle")
@compare_option
@click.option(
    "--instructions",
    is_flag=True,
    help="Count the instructions of one inference on an emulated device: free of noise, and never a time.",
)
@tool_option
@affinity_option
@options_of(ProfileOptions, own=_OWN)
@as_json
def command(
    model: ModelRef,
    other: Path | None,
    instructions: bool,
    tool: str | None,
    affinity: str | None,
    options: ProfileOptions,
    as_json: bool,
) -> None:
    """Measure latency and memory of MODEL on a device: a bundle, or any .onnx or .tflite file.

    Several fresh processes on the device share the runs; cold load, tokenization, inference and post-processing are
    separate figures, each percentile with its interval. What disturbs the device meanwhile, as heat or other work, is
    shown, and so is what its runtime silently did otherwise than asked. Measurements of a bundle are kept in it, for
    `edgekit gate`. Of a decoder: time to the first token, and tokens a second behind contexts of growing length.

    \b
    Examples:
      edgekit profile out/onnx --threads 1,2 --length 128
      edgekit profile somebody-elses.tflite --per-op
      edgekit profile my-gpt2-rpi5/onnx --threads 2 --length 64,512
      edgekit profile out/onnx --sustained 60s --cool-down --energy
      edgekit profile out/onnx --compare old/onnx
      edgekit profile out/tflite --device adb://SERIAL --tool benchmark_model=/data/local/tmp/benchmark_model
      edgekit profile out/onnx --device pi4 --device pi5
      edgekit profile out/onnx --device pi4 --runtime onnxruntime==1.20.1 --runtime onnxruntime==1.23.2
      edgekit profile out/onnx --device emulated-pi4 --instructions --length 128
    """
    if runtimes_to_compare() and (tool is not None or instructions or other is not None):
        raise UsageError("versions of a runtime are measured one by one", advice="leave out --compare and the like")
    if affinity and not tool:
        raise UsageError("--affinity binds a program to cores", advice="give the program as well: --tool NAME=PATH")
    if instructions and other is not None and tool is None:
        raise UsageError("instructions are counted of one file", advice="count each, and compare the figures")
    if tool is not None:
        profile_by_tool(model.path, tool, affinity, options, as_json)
    elif instructions:
        count(model.path, options, as_json)
    elif other is not None:
        compare_models(model.path, other, options, as_json)
    elif runtimes_to_compare():
        compare_by_runtimes(model.path, options, as_json)
    else:
        _profile(model.path, options, as_json)


def _profile(path: Path, options: ProfileOptions, as_json: bool) -> None:
    """Measure by the agent on each device and print; then raise what failed."""
    from edgekit.flows.devices.device_pool import finished
    from edgekit.flows.profile.profile import profile_each
    from edgekit.report.terminal import operators_table
    from edgekit.schema.measurement import Measurement

    measurements, failed = finished(lambda: profile_each(path, options, progress=progress(as_json)))
    _show(measurements, failed is not None, as_json)
    if options.per_op and not as_json:
        of_devices = itertools.chain(*measurements.values())
        print_rich(*(operators_table(each.operators) for each in of_devices if isinstance(each, Measurement)))
    if failed is not None:
        raise failed


def _show(measurements: Mapping[str, list[AgentMeasurement]], others: bool, as_json: bool) -> None:
    """The measurements of each device; of several with its name. others: there were more, which failed"""
    from edgekit.measure.performance.measurement_summary import recommended_threads, summarise_measurement
    from edgekit.report.figures import plural
    from edgekit.report.terminal import measurements_table

    several = others or len(measurements) > 1
    if as_json:
        plain = {
            name: {
                "figures": [summarise_measurement(measurement) for measurement in each],
                "recommended_threads": recommended_threads(each),
                "measurements": each,
            }
            for name, each in measurements.items()
        }
        print_json({"devices": plain} if several else next(iter(plain.values())))
        return
    for name, each in measurements.items():
        if several:
            click.echo(f"\n{name}")
        print_rich(measurements_table(each))
        for length, threads in recommended_threads(each).items():
            print_rich(f"recommended at length {length}: {plural(threads, 'thread')}")
