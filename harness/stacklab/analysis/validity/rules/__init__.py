"""The reasons to doubt a cell, by what they doubt; ``caveats`` holds the table of all of them."""
