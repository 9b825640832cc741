"""The program of the package: `serve`, `selftest`, `classify`, `generate`; `--help` says what each does."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edgekit.agent.json_object import JsonObject

from . import limits
from .host_names import allowed_host
from .tasks import SERVED

# as edgekit's: wrong input, no runtime, a tool that failed
EXIT_CODES = {"usage": 2, "device": 4, "tool": 5, "parity": 5}
DEFAULT_PORT = 8756


def main(home: Path, arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say with the package that is installed in `home`; the exit status."""
    facts = json.loads((home / "package.json").read_bytes())
    options = _parser(facts).parse_args(arguments)
    do: Callable[[Path, JsonObject, argparse.Namespace], int] = options.do
    return do(home, facts, options)


def _parser(facts: JsonObject) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=facts["name"], description=f"{facts['name']} {facts['version']}")
    parser.add_argument("--version", action="version", version=f"{facts['name']} {facts['version']}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    threads = min(facts["threads"], os.cpu_count() or 1)

    def add(name: str, do: object, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.add_argument("--threads", type=int, default=threads, help=f"of the model (default {threads})")
        command.set_defaults(do=do)
        return command

    serve = add("serve", _serve, "answer over HTTP until SIGTERM")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine alone)")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"0 for any (default {DEFAULT_PORT})")
    serve.add_argument(
        "--allow-host",
        action="append",
        default=[],
        type=allowed_host,
        metavar="NAME",
        help="a name that a proxy passes on in Host, as classify.example.com; may be given several times "
        "(default: on this machine alone localhost, with another --host any name)",
    )
    limits.add_options(serve)
    add("selftest", _selftest, "run the golden cases: text to tokens, to logits, to answer")
    task = SERVED[facts["task"]]
    task.add_arguments(add(task.command, _run_task, task.help))
    add("worker", _work, "the process that holds the model; `serve` starts it")
    return parser


def _serve(home: Path, facts: JsonObject, options: argparse.Namespace) -> int:
    from .serve import Place, serve

    worker = [sys.executable, "-I", str(home / "app" / "run.py"), "worker", "--threads", str(options.threads)]
    place = Place(options.host, options.port, options.allow_host)
    status: int = serve(facts, worker, place, limits.from_options(options), EXIT_CODES)
    return status


def _work(home: Path, facts: JsonObject, options: argparse.Namespace) -> int:
    from .worker import work

    return work(home / "bundle", options.threads)


def _selftest(home: Path, facts: JsonObject, options: argparse.Namespace) -> int:
    def test(model: object, proven: JsonObject) -> None:
        cases, largest = proven["golden_cases"], proven["max_abs_difference"]
        print(f"ok: {cases} golden cases on {proven['runtime']}, logits within {largest:.2g} of what they must be")

    return _with_model(home, options, test)


def _run_task(home: Path, facts: JsonObject, options: argparse.Namespace) -> int:
    def run(model: object, proven: JsonObject) -> None:
        SERVED[facts["task"]].run(model, options)

    return _with_model(home, options, run)


def _with_model(home: Path, options: argparse.Namespace, use: Callable[[Any, JsonObject], None]) -> int:
    """Use the model once it is proven; the exit status of what goes wrong."""
    from edgekit.agent.errors import AgentError

    from .self_test import facts_of, open_proven

    try:
        proven = open_proven(home / "bundle", options.threads)
        use(proven.model, facts_of(proven))
    except AgentError as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"  {error.advice}\n" if error.advice else ""))
        return EXIT_CODES[error.kind]
    return 0
