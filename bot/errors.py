"""What can be told to a user: what happened, what to do next, and the exit code that says so.

    PatchwrightError            never raised itself
      BadInput            2     the command line, a revision, a patch file
        ConfigError       2     the configuration file or an environment variable
      ModelError          3     the model server could not do it
        ServerDown        3     nothing there, or it refuses everybody: the rest of the run has no hope either
        TooLong           3     this request is longer than the server's context: a shorter one may pass
        BadAnswer         3     it answered, but not what was asked for
      ForgeError          4     GitHub could not do it, or not all of it
        Forbidden         4     the token may not
        NotFound          4     there is no such thing, or the token may not see it
        Refused           4     it isn't valid, says GitHub; `problems` are its words
        RateLimited       4     not before `seconds` have passed
      Interrupted       130     the user stopped it

Messages start in lower case and end without a full stop, so that they can be put behind `error: `.
"""

from __future__ import annotations


class PatchwrightError(Exception):
    """`hint` is the next step, a sentence of its own; empty where there is none."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadInput(PatchwrightError):
    exit_code = 2


class ConfigError(BadInput):
    pass


class ModelError(PatchwrightError):
    exit_code = 3


class ServerDown(ModelError):
    pass


class TooLong(ModelError):
    pass


class BadAnswer(ModelError):
    pass


class ForgeError(PatchwrightError):
    exit_code = 4


class Forbidden(ForgeError):
    pass


class NotFound(ForgeError):
    pass


class Refused(ForgeError):
    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class RateLimited(ForgeError):
    def __init__(self, message: str, seconds: float) -> None:
        minutes = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{seconds:.0f} seconds"
        super().__init__(message, f"It may be tried again in {minutes}.")
        self.seconds = seconds


class Interrupted(PatchwrightError):
    exit_code = 130
