"""What a service's log says of faults of its own."""

from pathlib import Path


def unhandled(log: Path) -> str:
    """The first exception that nobody foresaw, with what follows it; "" where there is none.

    A deliberate 503 is logged with its cause too, inside a JSON line, and is no such thing.
    """
    text = log.read_text(errors="replace")
    for number, line in enumerate(lines := text.splitlines()):
        if line.startswith("Traceback") or '"status": 500' in line:
            return "\n".join(lines[max(0, number - 2) : number + 40])[:3000]
    return ""
