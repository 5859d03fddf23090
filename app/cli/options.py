"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.process import PROCESSES_MAX


def _folder(text: str) -> Path:
    if not text:  # A path of nothing would be the current folder.
        raise typer.BadParameter("it is empty: name a folder, or leave the option out.")
    return Path(text)


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        parser=_folder,
        metavar="PATH",
        help="Folder of the embedded servers' data; overrides QUAESTOR_DATA_DIR.",
    ),
]
AfterDev = Annotated[
    bool,
    typer.Option("--after-dev", hidden=True, help="Begin once the `quaestor dev` on the data folder is ready."),
]
Processes = Annotated[
    int,
    typer.Option(
        "--processes",
        metavar="NUMBER",
        min=1,
        max=PROCESSES_MAX,
        help="How many processes to start, watch, and end together.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def overrides(*, port: int | None = None, host: str | None = None, data_dir: Path | None = None) -> dict[str, Any]:
    """Options given on the command line, as `load_settings` takes them."""
    given = {"QUAESTOR_PORT": port, "QUAESTOR_HOST": host, "QUAESTOR_DATA_DIR": data_dir}
    return {name: value for name, value in given.items() if value is not None}
