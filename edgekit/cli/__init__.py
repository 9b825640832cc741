"""The command line: a group that imports only the command asked for, and the one place where errors are caught."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import re
import signal
import sys
from collections.abc import Sequence

import click

from edgekit.cli.click_base import Group
from edgekit.cli.log import FILE_ONLY, LOG, logged
from edgekit.cli.terminal import hidden_native_output, unwritable_stdout, visible_streams
from edgekit.io.signals import Stopped, leave_signals, pending_signal, stop_on_signals
from edgekit.version import __version__

LONGEST_LINE = 1000
# of one number in an error: as many as a hash has
MOST_DIGITS = 65
# by what one wants, in the order in which a model goes through them
SECTIONS = {
    "Train and compress": {
        "finetune": "Train a classifier or a language model on your data.",
        "distill": "Train a smaller student to follow a teacher.",
        "prune": "Remove the least important heads and FFN neurons.",
        "quantize": "Put the weights on an integer grid.",
    },
    "Measure and decide": {
        "evaluate": "Measure accuracy of a checkpoint or a bundle.",
        "profile": "Measure latency and memory on a device.",
        "gate": "Check a bundle against budgets; the exit code is the verdict.",
        "devices": "The devices that you have, by names of your own.",
        "targets": "Devices that edgekit knows, as data.",
    },
    "Ship": {
        "export": "Write ONNX and TFLite bundles for a target.",
        "deploy": "Let a bundle run on a device, with the way back kept.",
        "package": "Make packages for Android, iOS, web and Linux apps of a bundle.",
    },
    "Look and try": {
        "predict": "Label texts with a bundle.",
        "generate": "Write on from a prompt with a decoder's bundle.",
        "demo": "Try a bundle in the browser.",
        "inspect": "Show what a checkpoint or a bundle is, and where its megabytes are.",
    },
    "All of it at once": {
        "run": "Do all of it, as a recipe says.",
        "reproduce": "Run the lineage of a bundle again, and compare.",
        "recipes": "Recipes that come with edgekit.",
    },
    "This installation": {
        "doctor": "Say what is installed here, what is missing, and the cure.",
        "guide": "Read the guides, offline.",
        "completion": "Print what lets a shell complete edgekit's commands.",
    },
}
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}
_WIDEST = max(map(len, COMMANDS))
# what others call these, and the words that do it here
SYNONYMS = {
    **dict.fromkeys(("train", "fine-tune", "fit-model"), "finetune"),
    **dict.fromkeys(("convert", "compile"), "export"),
    **dict.fromkeys(("benchmark", "bench", "measure", "perf"), "profile"),
    **dict.fromkeys(("serve", "server"), "package --platform linux"),
    **dict.fromkeys(("check", "verify", "assert"), "gate"),
    **dict.fromkeys(("eval", "test", "score"), "evaluate"),
    **dict.fromkeys(("classify", "infer"), "predict"),
    **dict.fromkeys(("info", "show"), "inspect"),
    **dict.fromkeys(("compress", "optimize"), "run quickstart"),
    "device": "devices",
    "target": "targets",
    "recipe": "recipes",
    "report": "run",
    "version": "--version",
    "help": "--help",
}


class LazyGroup(Group):
    """Knows its commands by name; a command's module is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a model goes through them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module named like the command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"edgekit.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name for one that does not exist."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = SYNONYMS.get(args[0]) or next(iter(difflib.get_close_matches(args[0], COMMANDS, n=1)), None)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean `edgekit {near}`?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                # as wide in every section
                formatter.write_dl([(f"{name:{_WIDEST}}", text) for name, text in commands.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="edgekit")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Compress a text model, put it on your device, measure, decide.

    \b
    Examples:
      edgekit run quickstart
      edgekit export ./my-model --target rpi4
      edgekit gate my-model-rpi4/onnx --budget size_mb=10
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; every error edgekit knows becomes one clear line and its exit code."""
    stop_on_signals()
    arguments = list(sys.argv[1:] if argv is None else argv)
    with (
        contextlib.nullcontext() if "--debug" in arguments else hidden_native_output(),
        visible_streams(),
        logged(arguments),
    ):
        try:
            code = _written_out(_run(arguments))
            LOG.log(FILE_ONLY, "exit code %d", code)
            leave_signals()
        except Stopped as stopped:  # while an error was being told
            code = _interrupted(stopped.number)
    sys.exit(code)


def _written_out(code: int) -> int:
    """The exit code of a command once all that it printed is written: a full disk is told, a closed pipe is not."""
    error = unwritable_stdout()
    if error is None or isinstance(error, BrokenPipeError):
        return code
    _print_error(f"error: standard output cannot be written: {error.strerror}")
    return code or 2


def _run(arguments: list[str]) -> int:
    """The exit code of a command line."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in options
    if debug:
        arguments.remove("--debug")
    _quieten(debug)
    try:
        code = cli.main(arguments, "edgekit", standalone_mode=False)
    except SystemExit as stop:  # click's answer to a closed pipe
        code = stop.code
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except (click.Abort, KeyboardInterrupt) as stop:
        # click takes the end of a file that was cut off for Ctrl-D
        cut = stop.__cause__
        code = _explain(cut, debug) if isinstance(cut, EOFError) else _interrupted(signal.SIGINT)
    except Stopped as stopped:
        code = _interrupted(stopped.number)
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.ctx.get_help() if asked.ctx else "")
        code = 0
    except click.ClickException as error:
        error.message = _short(error.message)  # type: ignore[misc]  # what it quotes may have no end
        LOG.error("%s", error.message)
        error.show()
        code = 2
    except Exception as error:  # noqa: BLE001  the one place where errors become exit codes
        number = pending_signal()
        code = _interrupted(number) if number is not None else _explain(error, debug)
    return code if isinstance(code, int) else 0


def _explain(error: Exception, debug: bool) -> int:
    """Print an error as one line with its advice; the traceback only if it was asked for."""
    from edgekit.cli.machine_errors import machine_error
    from edgekit.errors import EdgekitError
    from edgekit.parts import missing_part

    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.filename is None and unwritable_stdout() is not None:
        return 0 if isinstance(error, BrokenPipeError) else 2  # told when all else is done
    known = error if isinstance(error, EdgekitError) else missing_part(error) or machine_error(error)
    if known is None:
        kind = type(error).__name__
        _print_error(f"error: {kind}: {error}", "this is a fault of edgekit: `--debug` shows where")
        return 5
    _print_error(f"error: {known.message}", known.advice)
    return known.exit_code


def _print_error(sentence: str, advice: str | None = None) -> None:
    """An error on its line, what to do about it on another; where standard error is full too, nobody can be told."""
    LOG.error("%s", _short(": ".join(filter(None, (sentence.removeprefix("error: "), advice)))))
    with contextlib.suppress(OSError):
        click.echo(_short(sentence), err=True)
        if advice:
            click.echo(_short(f"  {advice}"), err=True)


def _short(text: str) -> str:
    """On one line, and cut where what it quotes has no end; what cannot be printed is escaped."""
    line = text.encode(errors="backslashreplace").decode().replace("\n", " ")
    line = re.sub(rf"[0-9]{{{MOST_DIGITS},}}", "(a number of very many digits)", line)
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def _interrupted(number: int) -> int:
    """One line, and the exit code that a shell expects of the signal."""
    leave_signals()
    # a terminal has just echoed ^C, or is gone and takes nothing any more
    with contextlib.suppress(OSError):
        click.echo(nl=sys.stderr.isatty(), err=True)
        click.echo("interrupted; call again to go on", err=True)
    return 128 + number


def _quieten(debug: bool) -> None:
    """No chatter of libraries: set before any is imported."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if not debug:
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
        import logging
        import warnings

        from edgekit.errors import EdgekitWarning

        warnings.simplefilter("ignore")
        warnings.simplefilter("default", EdgekitWarning)
        told: set[str] = set()

        def show(message: Warning | str, *rest: object, **more: object) -> None:
            # Python's own way to say a thing once forgets it whenever any library touches its filters
            if str(message) not in told:
                told.add(str(message))
                _show_warning(message)

        warnings.showwarning = show
        logging.disable(logging.WARNING)


def _show_warning(message: Warning | str) -> None:
    """Print a warning as one line."""
    LOG.warning("%s", message)
