"""What the button "Commit suggestion" does with a comment, and when GitHub offers none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.fakes.github_pull import Pull, ReviewComment

if TYPE_CHECKING:
    from tests.fakes.github_repository import Repository

_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<info>.*?)[ \t]*$")


class CannotApply(Exception):
    """GitHub's words beside the greyed-out button."""


def apply_suggestion(repo: Repository, comment_id: int, by: str) -> str:
    """Commit the suggestion of this comment to the head's branch; gives the file's new text."""
    pull, comment = _found(repo, comment_id)
    lines = suggested(comment.body)
    if lines is None:
        raise CannotApply("The comment has no suggestion.")
    _refuse(pull, comment)
    anchor = comment.thread.now
    assert anchor
    assert anchor.line is not None
    home = pull.head.repo
    assert home is not None
    old = home.bare.content(pull.head.sha, anchor.path)
    assert old is not None
    new = _replaced(old.decode(), (anchor.start_line or anchor.line, anchor.line), lines)
    if new.removesuffix("\n") == old.decode().removesuffix("\n"):  # a last newline alone is no change
        raise CannotApply("This suggestion is invalid because no changes were made to the code.")
    _commit(pull, home, anchor.path, new.encode(), by)
    return new


def suggested(body: str) -> list[str] | None:
    """The lines of the first suggestion block; None where there is none. A block without an end ends with the text."""
    fence, inside = "", False
    found: list[str] = []
    for line in body.replace("\r\n", "\n").split("\n"):
        opened = _FENCE.match(line)
        if not fence and opened:
            fence, inside = opened["fence"], opened["info"].split(" ")[0] == "suggestion"
        elif fence and _closes(line, fence):
            if inside:
                return found
            fence = ""
        elif inside:
            found.append(line)
    return found if inside else None


def _closes(line: str, fence: str) -> bool:
    """A fence at least as long, of the same kind, that isn't indented as code."""
    text = line.strip()
    return len(text) >= len(fence) and set(text) == {fence[0]} and len(line) - len(line.lstrip(" ")) < 4


def _found(repo: Repository, comment_id: int) -> tuple[Pull, ReviewComment]:
    for pull in repo.pulls:
        for thread in pull.threads:
            for comment in thread.comments:
                if comment.id == comment_id:
                    return pull, comment
    raise CannotApply("There is no such review comment.")


def _refuse(pull: Pull, comment: ReviewComment) -> None:
    thread = comment.thread
    if pull.state != "open":
        raise CannotApply("Suggestions cannot be applied while the pull request is closed.")
    if pull.in_merge_queue:
        raise CannotApply("Suggestions cannot be applied while the pull request is queued to merge.")
    if comment.pending:
        raise CannotApply("Suggestions cannot be applied from pending reviews.")
    if thread.is_resolved:
        raise CannotApply("This suggestion has been applied or marked resolved.")
    if thread.now is None:
        raise CannotApply("Outdated suggestions cannot be applied.")
    if thread.now.line is None:
        raise CannotApply("Applying suggestions on whole files is not supported.")
    if "LEFT" in (thread.now.side, thread.now.start_side):
        raise CannotApply("Applying suggestions on deleted lines is not supported.")
    if pull.head.repo is None:
        raise CannotApply("Suggestions cannot be applied: the head repository was deleted.")


def _replaced(text: str, span: tuple[int, int], lines: list[str]) -> str:
    """The file with other lines. The line ends of what is replaced are kept, and so is a missing one at the end."""
    old = text.split("\n")
    first, last = span
    end = "\r" if old[first - 1].endswith("\r") else ""
    at_end = last == len(old)  # no newline at the end of the file: it can be neither added nor taken away
    new = [line + end for line in lines]
    if at_end and new:
        new[-1] = new[-1].removesuffix("\r")
    return "\n".join([*old[: first - 1], *new, *old[last:]])


def _commit(pull: Pull, home: Repository, path: str, content: bytes, by: str) -> None:
    bare = home.bare
    entry = bare.entry(pull.head.sha, path)
    assert entry
    tree = bare.write_tree(pull.head.sha, [(entry.mode, path, bare.write_blob(content))])
    message = f"Update {path}\n\nCo-authored-by: {pull.author}"
    home.move(pull.head.ref, bare.write_commit(tree, [pull.head.sha], message, *home.web_flow(by)))
