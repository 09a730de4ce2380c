"""Files that are there whole or not at all, whoever writes the same one and whenever he is killed."""

import os
import time
import uuid
from pathlib import Path
from typing import Final

ABANDONED_SECONDS: Final = 86_400
"""What was left unfinished for so long was left by a writer that was killed."""
_ENDING: Final = ".unfinished"


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old content or the new one, never a part.

    Its folder is made where there is none. Who may read it follows from the umask, as with any new file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Hidden, so that no backup takes it; a name of its own, as containers share folders and process numbers.
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_ENDING}")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def remove_abandoned(folder: Path) -> None:
    """Remove, in a folder and all below it, what writers that were killed have left."""
    for path in folder.rglob(f".*{_ENDING}"):
        if is_abandoned(path):
            path.unlink(missing_ok=True)


def is_abandoned(path: Path) -> bool:
    """Whether nobody has written to a file or folder for `ABANDONED_SECONDS`; not where it is gone."""
    try:
        return path.stat().st_mtime < time.time() - ABANDONED_SECONDS
    except FileNotFoundError:
        return False
