"""The records stacklab speaks in: immutable, validated on construction, no third-party library, no effects."""
