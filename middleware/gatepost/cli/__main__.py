"""``python -m gatepost.cli`` is ``gatepost``."""

from gatepost.cli import app

if __name__ == "__main__":
    app(prog_name="gatepost")
