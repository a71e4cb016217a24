"""uWSGI from the wheel ``pyuwsgi``: an extension module that ``python -m`` cannot run. Options are uWSGI's own."""

import pyuwsgi

pyuwsgi.run()
