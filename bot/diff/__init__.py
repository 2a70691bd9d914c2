"""What changed. Pure: bytes and values in, values out."""
