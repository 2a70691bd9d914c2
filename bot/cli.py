"""The only builder: arguments and environment -> Config -> tools -> a verb -> exit code.

Exit codes: 0 done; 1 findings at or above `--fail-on`; 2 bad usage or bad input; 3 the model server could not
do it, or not all of it; 4 GitHub could not; 130 interrupted. What a command needs is imported in it: `--version`
needs nothing.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from bot import __version__
from bot.errors import Interrupted, PatchwrightError

SEVERITIES = ("critical", "high", "medium", "low")
FORMATS = ("text", "json", "markdown", "sarif", "html")


def main(arguments: Sequence[str] | None = None) -> int:
    """The door: every error becomes a sentence and an exit code here."""
    gc.set_threshold(50_000, 20, 20)  # imports and diffs make many values and hardly a cycle: a tenth of the CPU time
    try:
        code = commands.main(args=arguments, prog_name="patchwright", standalone_mode=False)
    except PatchwrightError as error:
        return _say(str(error), error.hint, error.exit_code)
    except click.exceptions.Abort:
        return _say("interrupted", "", Interrupted.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _say(message: str, hint: str, code: int) -> int:
    click.echo(f"patchwright: {message}", err=True)
    if hint:
        click.echo(hint, err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Reviews code changes with a small model on your own hardware."""


def _server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--base-url", metavar="URL", help="Base URL of an OpenAI-compatible server."),
            click.option("--model", metavar="NAME", help="Model to use there, or recorded:FILE to replay a recording."),
            click.option("--weights", type=click.Path(path_type=Path), help="A GGUF file for the embedded engine."),
            click.option("--concurrency", type=int, metavar="N", help="Requests at once."),
            click.option("--language", metavar="LANG", help="Language of the findings."),
            click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Configuration file."),
        )
    ):
        command = option(command)
    return command


def _output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True),
            click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the result there."),
            click.option(
                "--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 if such a finding, or a worse one, stands."
            ),
            click.option("--max-comments", type=int, metavar="N", help="Findings shown in full."),
            click.option("--min-confidence", type=float, metavar="X", help="Drop findings below this, 0 to 1."),
            click.option(
                "--record", type=click.Path(path_type=Path), metavar="FILE", help="Put the run on record there."
            ),
        )
    ):
        command = option(command)
    return command


@commands.command()
@click.argument("revisions", metavar="[RANGE]", default="")
@click.option("--repo", type=click.Path(path_type=Path), default=".", metavar="DIR", help="The repository.")
@click.option("--diff", metavar="FILE", help="Review a patch file instead; - reads it from standard input.")
@click.option("--staged", is_flag=True, help="Review what is staged for the next commit.")
@click.option("--pr", metavar="OWNER/REPO#N", help="Review a pull request on GitHub, and post what is new there.")
@click.option("--full", is_flag=True, help="With --pr: all of it, whatever was reviewed before.")
@click.option("--dry-run", is_flag=True, help="With --pr: print the requests that would write, and send none.")
@_server_options
@_output_options
def review(pr: str | None, **options: Any) -> int:
    """Review a change: RANGE is A..B or A...B, both from the merge base of A and B to B.

    Without a RANGE: from the merge base with the upstream or default branch to HEAD.
    """
    from bot import run

    full, dry_run = options.pop("full"), options.pop("dry_run")
    if pr:
        from bot import on_github

        return on_github.review(pr, run.ReviewOptions(**options), os.environ, full=full, dry_run=dry_run)
    if full or dry_run:
        raise click.UsageError("--full and --dry-run go with --pr")
    return run.review(run.ReviewOptions(**options), os.environ)


@commands.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="REVIEW.JSON")
@click.option("--pr", required=True, metavar="OWNER/REPO#N", help="The pull request that it is a review of.")
@click.option("--dry-run", is_flag=True, help="Print the requests that would write, and send none.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 if such a finding, or a worse one, stands.")
def post(file: Path, pr: str, fail_on: str | None, *, dry_run: bool) -> int:
    """Post a review that was saved with `--format json`, or by a run that could not post it."""
    from bot import on_github

    return on_github.post(file, pr, os.environ, fail_on=fail_on, dry_run=dry_run)


@commands.command()
def action() -> int:
    """Do what an event of GitHub Actions asks for. Inputs are PATCHWRIGHT_* variables."""
    from bot import action as github_action

    return github_action.main(os.environ, click.echo)


@commands.command()
@_server_options
@_output_options
def demo(**options: Any) -> int:
    """Review a small example with planted defects, for real, and compare."""
    from bot import run

    return run.demo(run.ReviewOptions(revisions="", repo=Path(), diff=None, staged=False, **options), os.environ)


@commands.command()
@click.option("--cases", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The folder of cases.")
@click.option("--truth", type=click.Path(path_type=Path), metavar="DIR", help="Recipes that say more of the cases.")
@click.option("--with", "variants", multiple=True, metavar="NAME=FILE", help="A configuration to measure; several may.")
@click.option("--cache", type=click.Path(path_type=Path), metavar="DIR", help="Where answers are kept.")
@click.option("--from-history", is_flag=True, help="Make cases, into --cases, from what the repository once fixed.")
@click.option("--repo", type=click.Path(path_type=Path), default=".", metavar="DIR", help="The repository.")
@click.option("--since", metavar="DATE", help="With --from-history: commits after that, as git log takes it.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, metavar="N", help="Cases of a kind to make.")
@_server_options
@click.option("--format", "form", type=click.Choice(("text", "json", "markdown", "html")), default="text")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the result there.")
def evaluate(**options: Any) -> int:
    """Measure models and configurations on changes of which the truth is known. No model judges."""
    from bot.evaluate import command

    return command.evaluate(command.EvaluateOptions(**options), os.environ)


@commands.group()
def config() -> None:
    """The effective configuration, and where each value comes from."""


@config.command("show")
@click.option("--repo", type=click.Path(path_type=Path), default=".", metavar="DIR")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE")
def config_show(repo: Path, config: Path | None) -> None:
    """Every setting with its value and its origin."""
    from bot import run

    click.echo(run.config_table(repo, config, os.environ))


@config.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--repo", type=click.Path(path_type=Path), default=".", metavar="DIR")
def config_check(file: Path | None, repo: Path) -> None:
    """Say whether a configuration file is right, and what is wrong where."""
    from bot import run

    click.echo(run.check_config(repo, file, os.environ))


@config.command("schema")
def config_schema() -> None:
    """The JSON schema of the configuration file."""
    from bot.config import schema

    click.echo(schema(), nl=False)


@commands.command("schema")
def review_schema() -> None:
    """The JSON schema of `review --format json`."""
    from bot.reports.json import json_schema

    click.echo(json_schema(), nl=False)
