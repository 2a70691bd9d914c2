"""What Patchwright says on a pull request, as Markdown: the comment on a line, the review's own words, the summary.

Whatever a model or the pull request said goes through `reports.safe`; only what is written here is Markdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from bot.diff.change import Side, Skipped, path_shown
from bot.pulls.markers import mark
from bot.pulls.plan import Inline, Plan, Row
from bot.pulls.suggestions import as_block
from bot.reports import safe, words
from bot.review.findings import Review
from bot.review.summary import counted

LIMIT = 65_536  # characters of a body: GitHub refuses more
ROWS = 50  # of a table: a page, not a book
TITLE = 200  # characters of a title that is told
MORE = "The rest is in the JSON report, an artifact of the run."


@dataclass(frozen=True, slots=True)
class Links:
    """Where things are: the repository's page, and the run that made this, if there is one."""

    repository: str
    head: str
    run: str = ""

    def lines(self, path: str, side: Side, start: int, end: int) -> str:
        """Empty for the old side: its lines aren't in the head."""
        if side is Side.LEFT:
            return ""
        lines = f"L{start}" if start == end else f"L{start}-L{end}"
        head, path = quote(self.head, safe="", errors="replace"), quote(path, errors="replace")
        return f"{self.repository}/blob/{head}/{path}#{lines}"


def line_comment(item: Inline) -> str:
    finding, row = item.finding, item.row
    parts = [_head(row)]
    if not item.anchor.exact and finding.place:
        parts.append(f"<sub>About lines {finding.place.start} to {finding.place.end}.</sub>")
    if finding.body:
        parts.append(safe.prose(finding.body))
    parts += [f"- {safe.inline(line)}" for line in finding.evidence]
    if finding.suggestion and item.clickable:
        parts.append(as_block(finding.suggestion))
    elif finding.suggestion:
        replacement = safe.block(finding.suggestion.replacement)
        parts.append(
            f"Suggested instead of lines {finding.suggestion.start} to {finding.suggestion.end}:\n\n{replacement}"
        )
    told = {"key": row.key, "severity": row.severity, "category": row.category, "title": row.title[:TITLE]}
    return _cut("\n\n".join(parts), mark("finding", told))


def _head(row: Row) -> str:
    return f"**{row.severity.capitalize()} {row.category}: {safe.inline(row.title[:TITLE]) or 'without a title'}**"


def review_body(current: Plan, run: str, part: int, parts: int) -> str:
    """A review needs words of its own beside its comments; the summary comment has the rest."""
    said = counted(len(current.inline), "new finding")
    which = f" ({part} of {parts})" if parts > 1 else ""
    more = " The summary comment has what isn't on a line." if current.told else ""
    return f"{said[0].upper()}{said[1:]}{which}.{more}\n\n" + mark("review", {"run": run, "part": part})


def summary_comment(
    review: Review, current: Plan, links: Links, state: Mapping[str, Any], *, notes: Sequence[str] = ()
) -> str:
    """The one comment that is kept up to date. `notes` are sentences on what could not be done."""
    standing = current.standing
    parts = ["## Patchwright", _verdict(review, standing)]
    if review.demonstration:
        parts.append(f"> {safe.inline(words.DEMONSTRATION.format(model=review.cost.model))}")
    parts += [f"> {safe.inline(note)}" for note in notes]
    parts += _table(standing, links)
    parts += _folded(f"{counted(len(current.told), 'finding')} without a comment", _told(current.told, links))
    parts += _folded(f"{len(review.doubtful)} not confirmed by a second look", _doubtful(review))
    parts += _folded("What changed", _files(review))
    parts += _folded("What was not read", _unread(review))
    parts += _folded(f"{len(current.silenced)} not said again", _silenced(current))
    parts.append(_foot(review, links))
    return _cut("\n\n".join(parts), mark("summary", state))


def _verdict(review: Review, standing: Sequence[Row]) -> str:
    """Never "no findings" where something was not read for want of an answer."""
    read = f"{counted(review.coverage.hunks, 'hunk')} in {counted(review.coverage.files, 'file')} read"
    failed = sum(item.hunks for item in review.coverage.failed)
    if failed:
        read += f", **{counted(failed, 'hunk')} could not be read**: this is incomplete"
    if standing:
        by_severity = {
            severity: sum(row.severity is severity for row in standing) for severity in _severities(standing)
        }
        said = ", ".join(f"{count} {severity}" for severity, count in by_severity.items())
        return f"**{counted(len(standing), 'finding')}**: {said}. {_sentence(read)}"
    if failed:
        return _sentence(read)
    if not review.coverage.hunks:
        return "**No findings.** Nothing new to read." if review.since else "There was nothing to read."
    return f"**No findings.** {_sentence(read)}"


def _severities(rows: Sequence[Row]) -> list[Any]:
    return sorted({row.severity for row in rows}, key=lambda severity: severity.rank)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _table(rows: Sequence[Row], links: Links) -> list[str]:
    if not rows:
        return []
    lines = ["| | finding | where |", "|---|---|---|"]
    for row in rows[:ROWS]:
        title = safe.cell(row.title[:TITLE]) or "without a title"
        lines.append(f"| {row.severity} {row.category} | {title} | {_where(row, links)} |")
    more = [f"And {len(rows) - ROWS} more. {MORE}"] if len(rows) > ROWS else []
    return ["\n".join(lines), *more]


def _where(row: Row, links: Links) -> str:
    """A link to its Thread, else to its lines: within the repository. What isn't ours in the address is quoted."""
    if row.place is None:
        return safe.code(row.path).replace("|", "\\|")
    lines = str(row.place.start) if row.place.start == row.place.end else f"{row.place.start}-{row.place.end}"
    told = safe.code(f"{row.path}:{lines}").replace("|", "\\|")
    ours = row.url.lower().startswith(f"{links.repository}/".lower()) and row.url.isprintable()
    url = (
        quote(row.url, safe=":/?#=&%")
        if ours
        else links.lines(row.path, row.place.side, row.place.start, row.place.end)
    )
    return f"[{told}]({url})" if url else f"{told} (removed)"


def _told(rows: Sequence[Row], links: Links) -> list[str]:
    """What has no comment of its own says here all that it has to say."""
    items = []
    for row in rows[:ROWS]:
        why = f"<sub>{safe.inline(row.reason)}</sub>" if row.reason else ""
        where = _where(row, links).replace("\\|", "|")
        items.append("\n\n".join(part for part in (f"{_head(row)} · {where}", safe.prose(row.body), why) if part))
    return items


def _files(review: Review) -> list[str]:
    files = review.change.files
    lines = [f"- {safe.code(path_shown(file.path))} +{file.added} -{file.removed}" for file in files[:ROWS]]
    if len(files) > ROWS:
        lines.append(f"- and {len(files) - ROWS} more")
    return ["\n".join(lines)] if lines else []


def _unread(review: Review) -> list[str]:
    """A line for each; one in all for what an earlier run had read, lest every push list the whole change."""
    known: list[Skipped] = []
    others: list[Skipped] = []
    for item in review.coverage.skipped:
        (known if review.since and item.reason.startswith("unchanged since") else others).append(item)
    items = words.unread(replace(review, coverage=replace(review.coverage, skipped=tuple(others))))
    if known:
        hunks, files = sum(item.hunks for item in known), len({item.path for item in known})
        items.append(("skipped", f"{counted(hunks, 'hunk')} in {counted(files, 'file')}: {known[0].reason}"))
    lines = [f"- {what}: {safe.inline(text)}" for what, text in items[:ROWS]]
    if len(items) > ROWS:
        lines.append(f"- and {len(items) - ROWS} more; the JSON report names them all")
    return ["\n".join(lines)] if lines else []


def _doubtful(review: Review) -> list[str]:
    lines = [f"- {safe.inline(line)}" for line in words.doubtful(review)[:ROWS]]
    return ["\n".join(lines)] if lines else []


def _silenced(current: Plan) -> list[str]:
    lines = [
        f"- {safe.inline(item.row.title[:TITLE])} ({safe.inline(item.reason)})" for item in current.silenced[:ROWS]
    ]
    return ["\n".join(lines)] if lines else []


def _folded(title: str, items: Iterable[str]) -> list[str]:
    inner = "\n\n".join(items)
    return [f"<details><summary>{title}</summary>\n\n{inner}\n\n</details>"] if inner else []


def _foot(review: Review, links: Links) -> str:
    run = f" · [run]({links.run})" if links.run else ""
    commits = safe.code(f"{review.change.base[:7]}..{review.change.head[:7]}")
    return f"<sub>{safe.inline(words.cost(review))} · {commits}{run} · `/patchwright help`</sub>"


def _cut(text: str, last: str) -> str:
    """`text` and the mark, within GitHub's limit. What is cut off is in the report that is kept as an artifact."""
    room = LIMIT - len(last) - 2
    if len(text) <= room:
        return f"{text}\n\n{last}"
    ending = f"\n\n{MORE}"
    return f"{_fitting(text, room - len(ending))}{ending}\n\n{last}"


def _fitting(text: str, room: int) -> str:
    """As much of `text`, up to an empty line, as fits with what is open there closed; suggestions whole or not."""
    best, closing, fence, folds, at = 0, "", "", 0, 0
    for line in text.split("\n"):
        needed = (f"\n{fence}" if fence else "") + "\n\n</details>" * folds
        if not line and at - 1 + len(needed) <= room and not fence.endswith("suggestion"):
            best, closing = at - 1, needed
        if fence:
            fence = "" if line == fence.removesuffix("suggestion") else fence
        elif line.startswith("```"):
            ticks = line[: len(line) - len(line.lstrip("`"))]
            told = line[len(ticks) :]
            fence = "" if "`" in told else ticks + told * (told == "suggestion")
        else:
            folds += line.startswith("<details>") - (line == "</details>")
        at += len(line) + 1
    return text[: max(0, best)] + closing
