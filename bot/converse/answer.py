"""The verb of the conversation: a command in a comment -> what is done about it, and said in its Thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.config import Config
from bot.converse import talk
from bot.converse.commands import Parsed, Unknown, help_text, parse
from bot.errors import ForgeError, PatchwrightError
from bot.github.events import Command
from bot.pulls.apply import applied, edits_of
from bot.pulls.markers import mark, marked
from bot.reports import safe
from bot.review.forge import Forge, Reaction
from bot.review.pull import PullRequest
from bot.review.summary import counted
from bot.review.threads import Comment, Conversation, Thread

_MAY = {"triage": ("admin", "maintain", "write", "triage"), "write": ("admin", "maintain", "write")}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """What an answer is made with. `review` does a review anew, and says in a sentence what came of it."""

    forge: Forge
    pull: PullRequest
    command: Command
    config: Config
    environment: Mapping[str, str] = field(repr=False)
    review: Callable[[bool], str]
    say: Say


def answer(desk: Desk) -> int:
    """Do what the comment asks, if its writer may. What goes wrong is said there in a sentence."""
    command, parsed = desk.command, parse(desk.command.text)
    least = parsed.rule.permission if isinstance(parsed, Parsed) else "triage"
    role = desk.forge.permission(command.sender)
    if role not in _MAY[least]:
        desk.say(f"{command.sender} may not ask for this: it takes {least}, and GitHub tells {role}")
        _react(desk, "confused")
        return 0
    _react(desk, "eyes")
    said = desk.forge.conversation(desk.pull.number)
    thread = _thread(said, command)
    reply = Reply(desk, thread, said)
    if isinstance(parsed, Unknown):
        reply.say(parsed.answer)
    elif command.kind not in parsed.rule.where or (command.kind == "thread" and thread is None):
        reply.say(f"`/patchwright {parsed.rule.name}` works in {_places(parsed)}.")
    else:
        return _do(desk, parsed, thread, said, reply)
    return 0


class Reply:
    """The one comment that answers: made once, and edited from then on, by a second run of the same job too."""

    def __init__(self, desk: Desk, thread: Thread | None, said: Conversation) -> None:
        self._desk, self._thread = desk, thread
        earlier = thread.comments if thread else said.comments
        self._comment: Comment | None = next((one for one in earlier if self._answers(one)), None)

    def say(self, text: str) -> None:
        """Markdown of ours, what others said in it made safe by whoever calls."""
        desk = self._desk
        body = f"{text}\n\n{mark('answer', {'to': desk.command.comment_id})}"
        if self._comment:
            self._comment = desk.forge.edit(self._comment, body, "thread" if self._thread else "comment")
        elif self._thread:
            self._comment = desk.forge.reply(desk.pull.number, self._thread, body)
        else:
            self._comment = desk.forge.say(desk.pull.number, body)

    def _answers(self, comment: Comment) -> bool:
        told = marked(comment.body, "answer") if comment.own else None
        return bool(told) and (told or {}).get("to") == self._desk.command.comment_id


def _do(desk: Desk, parsed: Parsed, thread: Thread | None, said: Conversation, reply: Reply) -> int:
    try:
        match parsed.rule.name:
            case "help":
                reply.say(help_text())
            case "ignore" if thread:
                _ignore(desk, thread)
            case "apply":
                reply.say(_apply(desk, [thread] if thread else list(said.threads)))
            case "review":
                reply.say("Reviewing ...")
                reply.say(safe.inline(desk.review(parsed.full)))
            case name:
                reply.say("Reading ...")
                reply.say(
                    talk.answer_of(name, parsed.text, desk.forge, desk.pull, thread, desk.config, desk.environment)
                )
    except PatchwrightError as error:
        desk.say(str(error))
        reply.say(f"That didn't work: {safe.inline(str(error))}. {safe.inline(error.hint)}".strip())
        return error.exit_code
    return 0


def _ignore(desk: Desk, thread: Thread) -> None:
    """That somebody who may has said it is what the next review goes by; the Thread needs no answer."""
    _react(desk, "+1")
    try:
        desk.forge.resolve(thread)
    except ForgeError as error:
        desk.say(f"the thread stays open: {error}")


def _apply(desk: Desk, threads: list[Thread]) -> str:
    """One commit with the suggestions of `threads`; a sentence on what came of it."""
    forge, pull = desk.forge, desk.pull
    edits, refused = edits_of(threads)
    left = "".join(f"\n- {safe.code(item.thread.path)}: {item.reason}" for item in refused)
    if pull.from_fork:
        return "The branch lies in a fork, where I can't commit: use the button beside each suggestion."
    if not edits:
        return f"There is no suggestion to apply.{left}"
    files: dict[str, bytes] = {}
    for path in dict.fromkeys(edit.path for edit in edits):
        content = forge.content(path, pull.head_sha)
        new = applied(content, [edit for edit in edits if edit.path == path]) if content is not None else None
        if new is None:
            return f"{safe.code(path)} isn't what it was when this was suggested."
        files[path] = new
    commit = forge.commit(
        pull, files, "Apply suggestions from review", f"{counted(len(edits), 'suggestion')} from #{pull.number}."
    )
    for edit in edits:
        try:
            forge.resolve(edit.thread)
        except ForgeError as error:
            desk.say(f"a thread stays open: {error}")
            break
    return f"{counted(len(edits), 'suggestion')} applied in {commit[:7]}.{left and f' Not applied:{left}'}"


def _react(desk: Desk, reaction: Reaction) -> None:
    """A reaction is a courtesy: without the permission for it, the rest goes on."""
    try:
        desk.forge.react(desk.command.comment_id, desk.command.kind, reaction)
    except ForgeError as error:
        desk.say(f"no reaction: {error}")


def _thread(said: Conversation, command: Command) -> Thread | None:
    opening = command.in_reply_to or command.comment_id
    return next((one for one in said.threads if command.kind == "thread" and one.first.id == opening), None)


def _places(parsed: Parsed) -> str:
    names = {
        "thread": "a thread on a line of the change",
        "comment": "a comment on the pull request",
        "issue": "an issue",
    }
    return " or ".join(names[where] for where in parsed.rule.where)
