"""The reasons to doubt a cell, by what they doubt; ``caveats`` holds the table of all of them.

A threshold stands beside the rule that uses it, under the name of the kind of caveat: ``DRIVER_BUSY_VOID``.
"""
