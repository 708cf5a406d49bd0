"""Not yet."""

import argparse


def add_arguments(p: argparse.ArgumentParser) -> None: ...
def main(a: argparse.Namespace) -> None: ...
