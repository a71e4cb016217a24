"""Says what an app of the user's own is, without serving it: writes JSON to the file that it is given.

Ends at once then: threads that the app has started would keep the interpreter alive.
"""

import json
import os
import sys
from pathlib import Path

import stacklab_app


def main(out: Path) -> None:
    """Load the app as a server would."""
    try:
        found = stacklab_app.load(stacklab_app.asked())
    except stacklab_app.Refused as refused:
        said = {"refused": str(refused)}
    else:
        said = {"interface": found.interface, "made": found.made, "kind": stacklab_app.kind(found.app)}
    out.write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
    sys.stdout.flush()
    os._exit(0)
