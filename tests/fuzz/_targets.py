# All targets.
import _calls           # noqa: F401
import _data            # noqa: F401
import _source          # noqa: F401
import _text            # noqa: F401
from _target import TARGETS, Timeout    # noqa: F401
