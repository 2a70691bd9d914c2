"""Words for the model: the templates of `prompts/`, filled in. No wording of its own stands here.

The layout is what a server's prefix cache wants: first what all Chunks of a review share, byte for byte, then
the Chunk, then the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import Template

from bot.context.chunks import Chunk, render
from bot.diff.change import Change, FileDiff, Status, path_shown
from bot.ports import Message

_PACKAGE = Path(__file__).resolve().parent.parent


def shared(change: Change, *, language: str, instructions: str, room: int) -> tuple[Message, str]:
    """What every request of the review begins with: the system message, and the beginning of the first user message.

    `room` is how many characters the map of the change may take.
    """
    system = _template("review_system").substitute(language=language)
    rules = f"House rules of this project:\n{instructions.strip()}\n\n" if instructions.strip() else ""
    return Message("system", system), _template("review_change").substitute(rules=rules, map=_map(change.files, room))


def draft(prefix: tuple[Message, str], chunk: Chunk) -> tuple[Message, ...]:
    system, opening = prefix
    around = "".join(f"\n{_template(f'review_{kind}').substitute(text=text)}" for kind, text in chunk.around)
    question = _template("review_draft").substitute(chunk=render(chunk), around=around)
    return (system, Message("user", f"{opening}\n{question}"))


def second_look(form: str, conversation: Sequence[Message], title: str, quote: str) -> tuple[Message, ...]:
    """The conversation of a draft, and the question that doubts one finding of it: `doubt` or `judge`."""
    line = next((line.strip() for line in quote.split("\n") if line.strip()), "")
    question = _template(f"review_{form}").substitute(title=title, quote=line)
    return (*conversation, Message("user", question))


def thread(language: str, **parts: str) -> tuple[Message, ...]:
    """About one Thread: `where`, `finding`, `hunk`, `excerpt` and `question` are its parts."""
    question = parts.pop("question")
    opening = _template("converse_thread").substitute({name: data(text) for name, text in parts.items()})
    return (_answering(language), Message("user", opening + question))


def about_change(language: str, change: str, question: str) -> tuple[Message, ...]:
    opening = _template("converse_change").substitute(change=data(change))
    return (_answering(language), Message("user", opening + question))


def asked(name: str, **words: str) -> str:
    """One of the questions of the conversation: `explain`, `ask` (of a `question`) or `suggest` (`start`, `end`)."""
    return _template(f"converse_{name}").substitute({key: data(text) for key, text in words.items()})


def data(text: str) -> str:
    """Somebody's words, which can't end the place that holds them."""
    return re.sub(r"<(?=/?data>)", "&lt;", text, flags=re.IGNORECASE)


def _answering(language: str) -> Message:
    return Message("system", _template("converse_system").substitute(language=language))


def retry(messages: Sequence[Message], answer: str, problem: str) -> tuple[Message, ...]:
    """Append-only, so that what the server has computed stays of use."""
    again = _template("review_retry").substitute(problem=problem)
    return (*messages, Message("assistant", answer), Message("user", again))


def _map(files: Sequence[FileDiff], room: int) -> str:
    """The files of the change, a line each, as many as there is room for."""
    lines = [f"The change touches {len(files)} file{'s' if len(files) != 1 else ''}:\n"]
    for at, file in enumerate(files):
        line = f"{path_shown(file.path)} {_size(file)}\n"
        if len(line) > room:
            lines.append(f"and {len(files) - at} more\n")
            break
        room -= len(line)
        lines.append(line)
    return "".join(lines)


def _size(file: FileDiff) -> str:
    if file.status in (Status.ADDED, Status.DELETED):
        return str(file.status)
    return "binary" if file.binary else f"+{file.added} -{file.removed}"


@cache
def _template(name: str) -> Template:
    """Beside the package in a wheel, one folder up in a source checkout or an editable install."""
    for folder in (_PACKAGE / "prompts", _PACKAGE.parent / "prompts"):
        file = folder / f"{name}.md"
        if file.is_file():
            return Template(file.read_text("utf-8"))
    raise FileNotFoundError(f"{name}.md is missing from prompts/")
