"""One file per image format: what its header says, what decoding costs, and its pixels in grey."""
