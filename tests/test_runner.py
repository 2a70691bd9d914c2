"""How a step speaks to its runner. The runner here reads a log as GitHub's does: what commands it, and what doesn't."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.runner import SUMMARY, Runner, runner_of
from tests.odd_repository import unhurried

NASTY = st.sampled_from([
    "::error::x", "::stop-commands::x", "::endgroup::", "::add-mask::a", "##[error]x", "##[group]", "\n", "\r", "\r\n",
    "::", "%0A", "%", ",", ":", "=", "name=evil", "x<<EOF", "EOF", "\x1b[31m", "\u2028", "\x85", "\x0b", "\0",
    "\ud800", "ünï", " ",
])  # fmt: skip
TEXTS = st.lists(NASTY | st.text(max_size=4), max_size=8).map("".join)
PATHS_KEPT = settings(unhurried, suppress_health_check=[HealthCheck.function_scoped_fixture])


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """(command, properties, message) of all that a runner obeys: none between a stop and the word that ends it."""
    obeyed, stopped = [], ""
    for line in re.split(r"\r\n|\r|\n", log):
        found = re.match(r"\s*::([^ :]+)(?: ([^:]*))?::(.*)", line) or re.match(
            r".*##\[([^ \]]+)(?: ([^\]]*))?\](.*)", line
        )
        if not found:
            continue
        if stopped:
            stopped = "" if found[1] == stopped else stopped
        elif found[1] == "stop-commands":
            stopped = found[3]
        else:
            properties = dict(pair.split("=", 1) for pair in (found[2] or "").split(",") if "=" in pair)
            obeyed.append((found[1], {name: plain(value) for name, value in properties.items()}, plain(found[3])))
    return obeyed


def plain(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


class Log:
    """What a step has printed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.runner = Runner(self.lines.append, word="b4n4n4")

    @property
    def commands(self) -> list[tuple[str, dict[str, str], str]]:
        return [command for command in commands("\n".join(self.lines)) if command[0] != "b4n4n4"]


def test_within_quiet_nothing_that_is_said_is_a_command():
    log = Log()
    with log.runner.quiet():
        log.runner.say("::error::mine\n##[error]mine")
    log.runner.write("::notice::after")
    assert log.commands == [("notice", {}, "after")]


def test_a_fold_and_a_note_are_commands_within_quiet():
    log = Log()
    with log.runner.quiet(), log.runner.group("Posting"):
        log.runner.annotate("error", "It breaks", {"file": "a:b,c.py", "line": 3})
    assert log.commands == [
        ("group", {}, "Posting"),
        ("error", {"file": "a:b,c.py", "line": "3"}, "It breaks"),
        ("endgroup", {}, ""),
    ]


def test_the_end_of_a_fold_and_of_quiet_is_said_though_something_broke():
    log = Log()
    with pytest.raises(ValueError, match="broke"), log.runner.quiet(), log.runner.group("x"):
        raise ValueError("it broke")
    log.runner.write("::notice::after")
    assert [command for command, _, _ in log.commands] == ["group", "endgroup", "notice"]


def test_each_runner_has_a_word_that_nobody_can_guess():
    words = {Runner(print).word for _ in range(9)}
    assert len(words) == 9
    assert all(re.fullmatch(r"[0-9a-f]{32}", word) for word in words)
    assert next(iter(words)) not in repr(Runner(print))


@unhurried
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_is_a_command_of_its_own(said: str, title: str, message: str):
    log = Log()
    with log.runner.quiet():
        log.runner.say(said)
        with log.runner.group(title):
            log.runner.say(said)
            log.runner.annotate("warning", message, {"file": title, "line": 1, "title": message})
        log.runner.say(said)
    assert [command for command, _, _ in log.commands] == ["group", "warning", "endgroup"]
    _, properties, told = log.commands[1]
    assert (properties, told) == ({"file": title, "line": "1", "title": message}, message)


@PATHS_KEPT
@given(st.dictionaries(st.sampled_from(["review-url", "findings", "exit-code"]), TEXTS, min_size=1))
def test_no_value_is_an_output_of_its_own(tmp_path: Path, outputs: dict[str, str]):
    path = tmp_path / "output"
    path.write_text("before=1\n")
    Runner(print, output=path).tell(outputs)
    lines = path.read_text("utf-8").split("\n")
    assert lines[0] == "before=1"
    assert [line.partition("=")[0] for line in lines[1:]] == [*outputs, ""]
    assert "\r" not in path.read_text("utf-8")
    for name, line in zip(outputs, lines[1:], strict=False):
        value = outputs[name].encode("utf-8", "replace").decode()
        assert line == f"{name}={' '.join(value.split())}"


def test_a_summary_is_added_to_what_is_there(tmp_path: Path):
    runner = Runner(print, summary=tmp_path / "summary")
    runner.summarise("# One\n")
    runner.summarise("\ud800 two\n")
    assert (tmp_path / "summary").read_bytes() == b"# One\n? two\n"


def test_a_summary_that_github_would_drop_is_a_sentence(tmp_path: Path):
    runner = Runner(print, summary=tmp_path / "summary")
    runner.summarise("ü" * SUMMARY)
    assert (tmp_path / "summary").read_text().startswith("The summary is too long to be shown here")


def test_on_a_terminal_outputs_and_summaries_go_nowhere(tmp_path: Path):
    runner = runner_of({}, print)
    runner.tell({"a": "b"})
    runner.summarise("x")
    assert (runner.output, runner.summary) == (None, None)
    told = runner_of({"GITHUB_OUTPUT": str(tmp_path / "o"), "GITHUB_STEP_SUMMARY": str(tmp_path / "s")}, print)
    assert (told.output, told.summary) == (tmp_path / "o", tmp_path / "s")
