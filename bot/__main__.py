"""`python -m bot` is `patchwright`."""

from bot.cli import main

raise SystemExit(main())
