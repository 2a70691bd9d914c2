"""Write into the docs what the code knows: the help text, the configuration. `--check` only says whether they agree.

A block stands between `<!-- NAME -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from bot.cli import commands
from bot.config import Settings

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    stale = [name for name, (path, write) in BLOCKS.items() if not _update(path, name, write())]
    if "--check" in sys.argv and stale:
        sys.stdout.write(f"not up to date: {', '.join(stale)}; run docs/reference.py\n")
        return 1
    return 0


def _update(path: Path, name: str, text: str) -> bool:
    """Whether the block was right already; it is now, unless `--check` was asked for."""
    page = path.read_text("utf-8")
    opening, closing = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = page.partition(opening)
    after = rest.partition(closing)[2]
    new = f"{before}{opening}{text}{closing}{after}"
    if new != page and "--check" not in sys.argv:
        path.write_text(new, "utf-8")
    return new == page


def _help() -> str:
    parent = click.Context(commands, info_name="patchwright", terminal_width=110, **commands.context_settings)
    told = commands.commands["review"].get_help(click.Context(commands.commands["review"], parent, "review"))
    return f"```text\n{told}\n```\n"


def _configuration() -> str:
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", None, ()) else f"`{field.default}`"
        rows.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


BLOCKS: dict[str, tuple[Path, Callable[[], str]]] = {
    "help": (ROOT / "README.md", _help),
    "configuration": (ROOT / "docs" / "usage.md", _configuration),
}

if __name__ == "__main__":
    sys.exit(main())
