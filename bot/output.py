"""Where a Review goes: rendered for its reader, to stdout or to a file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.errors import BadInput
from bot.review.findings import Review

WIDTH = 100  # columns, where there is no terminal
NARROWEST = 40


def render(result: Review, form: str, output: Path | None, environment: Mapping[str, str]) -> str:
    """`form` is json, markdown, sarif, html or text; text is coloured, and as wide as the terminal that it goes to."""
    if form == "json":
        from bot.reports.json import as_json

        return as_json(result)
    if form == "markdown":
        from bot.reports.markdown import as_markdown

        return as_markdown(result)
    if form == "sarif":
        from bot.reports.sarif import as_sarif

        return as_sarif(result)
    if form == "html":
        from bot.reports.html import as_html

        return as_html(result)
    from bot.reports.text import as_text

    if output or not sys.stdout.isatty():
        return as_text(result, width=WIDTH)
    columns = shutil.get_terminal_size((WIDTH, 24)).columns
    return as_text(result, width=max(NARROWEST, columns), colour="NO_COLOR" not in environment)


def check_writable(output: Path | None) -> None:
    """Before the work, not after it."""
    if output is None:
        return
    if output.is_dir():
        raise BadInput(f"can't write {output}: it is a folder")
    if not (output.parent.is_dir() and os.access(output if output.exists() else output.parent, os.W_OK)):
        raise BadInput(f"can't write {output}: {output.parent} is no folder that can be written to")


def write(text: str, output: Path | None) -> None:
    """To stdout, or whole and at once to `output`. A device or a pipe is written to; a link stays one."""
    data = text.encode("utf-8", "replace")
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    output = output.resolve()
    if output.exists() and not output.is_file():
        output.write_bytes(data)
        return
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(output)
