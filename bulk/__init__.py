"""Reads photos by the million, over processes or a cluster; needs the extra `bulk`."""
