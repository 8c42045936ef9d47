"""Tables as given, checked once: what is sound comes in, the rest is set aside with a reason."""
