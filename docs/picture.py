"""Draw docs/demo.svg: `patchwright demo` as a terminal shows it, from the recording of the real run."""

from __future__ import annotations

import io
import os
import pty
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "tests" / "recordings" / "demo.jsonl"
COLUMNS = 100
_FONTS = re.compile(r"@font-face \{.*?\n    \}", re.DOTALL)  # they would be fetched from elsewhere


def main() -> None:
    shown = io.BytesIO()

    def read(terminal: int) -> bytes:
        data = os.read(terminal, 4096)
        shown.write(data)
        return data

    os.environ |= {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    sys.stdout = io.TextIOWrapper(io.BytesIO())  # pty.spawn copies what it reads there
    pty.spawn([sys.executable, "-m", "bot", "demo", "--model", f"recorded:{RECORDING}"], read)
    text = shown.getvalue().decode().split("\x1b[2K")[-1].replace("\r", "")  # what stands behind the progress bar
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ patchwright demo", "bold green"))
    console.print(Text.from_ansi(text.strip("\n")))
    (ROOT / "docs" / "demo.svg").write_text(_FONTS.sub("", console.export_svg(title="patchwright demo")))


if __name__ == "__main__":
    main()
