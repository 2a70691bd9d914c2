"""PR-Agent, run beside Patchwright: its package as it is published, its own settings but for where the model is.

It gets what it can't fetch from a closed network: its price table from the package, as its maintainers' switch for that
has it, and its tokenizer's table from the copy that LiteLLM brings along. So it doesn't lose time by failing to.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.measure import Run, Server, cost_of

VERSION = "0.49.0"
CONTEXT = 65_536  # tokens, as the simulated server has it
OUTPUTS = {"review": "REVIEW", "improve": "IMPROVE"}  # its commands, and the setting that names their result


def install(say: Callable[[str], None]) -> Path | None:
    """The folder of an environment with PR-Agent, made at the first time; None without a Python that it runs on."""
    folder = user_cache_path("patchwright") / "peer" / f"pr-agent-{VERSION}"
    done = folder / "installed"
    if done.exists():
        return folder
    python = _python()
    if python is None:
        return None
    say(f"installing PR-Agent {VERSION} (about 400 MB, once)")
    subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", f"pr-agent=={VERSION}"], check=True)
    done.touch()
    return folder


def _python() -> Path | None:
    """A Python 3.12, which PR-Agent wants. pyenv's shim on the PATH may stand for a version that isn't switched on."""
    on_path = shutil.which("python3.12")
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted((Path.home() / ".pyenv" / "versions").glob("3.12.*/bin/python3.12"))
    return next((python for python in candidates if _runs(python)), None)


def _runs(python: Path) -> bool:
    asked = subprocess.run([python, "-c", "import venv"], capture_output=True, check=False)
    return asked.returncode == 0


def run(environment: Path, command: str, repository: Path, paths: Sequence[str], server: Server, folder: Path) -> Run:
    """`review` or `improve` on what head brings over base. Raises SystemExit where it leaves no result."""
    result = folder / f"{command}.md"
    result.unlink(missing_ok=True)
    server.reset()
    cost = cost_of(
        [environment / "bin" / "pr-agent", "--pr_url=base", command],
        folder / f"{command}.out",
        directory=repository,
        settings=_settings(environment, server) | {f"LOCAL__{OUTPUTS[command]}_PATH": str(result)},
    )
    if not result.exists():
        raise SystemExit(f"PR-Agent's {command} ended well, but left no result")
    shown = server.shown(paths)
    return server.run(cost, files=len(shown), hunks=sum(len(hunks) for hunks in shown.values()))


def _settings(environment: Path, server: Server) -> dict[str, str]:
    """Its configuration as environment variables: SECTION__KEY."""
    (tokenizers,) = environment.glob("lib/python*/site-packages/litellm/litellm_core_utils/tokenizers")
    return {
        "CONFIG__GIT_PROVIDER": "local",
        "CONFIG__MODEL": f"openai/{server.model}",
        "CONFIG__FALLBACK_MODELS": "[]",
        "CONFIG__CUSTOM_MODEL_MAX_TOKENS": str(CONTEXT),
        "CONFIG__PROPAGATE_TOOL_ERRORS": "true",
        "OPENAI__KEY": "none",
        "OPENAI__API_BASE": server.base_url,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "TIKTOKEN_CACHE_DIR": str(tokenizers),
    }
