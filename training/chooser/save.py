"""Command: a trained chooser as a folder that export-chooser.ts reads: `python -m chooser.save CHOOSER.pt FOLDER`."""
import sys
from pathlib import Path

from chooser.model import save_folder
from chooser.train import load_chooser

if __name__ == "__main__":
    save_folder(load_chooser(sys.argv[1]), Path(sys.argv[2]))
