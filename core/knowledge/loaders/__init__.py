"""One file a family of formats: bytes of a file in, a `Document` out."""
