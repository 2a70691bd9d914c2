"""How a step speaks to its runner: commands in the log, outputs, the step summary.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
What is printed may quote a pull request or a model. So the runner is told to take no commands from the log but between
two words that nobody can guess, and text that we put into a command ourselves is escaped.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SUMMARY = 1_000_000  # bytes: GitHub drops a summary above 1 MiB, and says nothing
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


@dataclass(frozen=True, slots=True)
class Runner:
    """`write` takes a line for the log. Without a path, an output or a summary goes nowhere: that is a terminal."""

    write: Callable[[str], None]
    output: Path | None = None
    summary: Path | None = None
    word: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Within the block, what is printed commands nothing."""
        self.write(f"::stop-commands::{self.word}")
        try:
            yield
        finally:
            self.write(f"::{self.word}::")

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A fold of the log, within `quiet`."""
        self._command(f"::group::{title.translate(_DATA)}")
        try:
            yield
        finally:
            self._command("::endgroup::")

    def say(self, text: str) -> None:
        self.write(text)

    def annotate(self, level: str, message: str, properties: Mapping[str, str | int] | None = None) -> None:
        """`level` is `error`, `warning` or `notice`; properties are GitHub's `file`, `line`, `endLine`, `title`."""
        told = ",".join(f"{name}={str(value).translate(_PROPERTY)}" for name, value in (properties or {}).items())
        self._command(f"::{level}{' ' + told if told else ''}::{message.translate(_DATA)}")

    def tell(self, outputs: Mapping[str, str]) -> None:
        """Set outputs. Their values hold no line feed: they are paths, numbers, addresses and words of ours."""
        if self.output:
            lines = (f"{name}={' '.join(value.split())}\n" for name, value in outputs.items())
            with self.output.open("a", encoding="utf-8", errors="replace") as file:
                file.writelines(lines)

    def summarise(self, markdown: str) -> None:
        """Add to the step's summary, unless it is longer than GitHub shows."""
        if not self.summary:
            return
        data = markdown.encode("utf-8", "replace")
        if len(data) > SUMMARY:
            data = b"The summary is too long to be shown here; the reports, an artifact of this run, have all of it.\n"
        with self.summary.open("ab") as file:
            file.write(data)

    def _command(self, line: str) -> None:
        self.write(f"::{self.word}::\n{line}\n::stop-commands::{self.word}")


def runner_of(environment: Mapping[str, str], write: Callable[[str], None]) -> Runner:
    output, summary = environment.get("GITHUB_OUTPUT"), environment.get("GITHUB_STEP_SUMMARY")
    return Runner(write, Path(output) if output else None, Path(summary) if summary else None)
