"""Get DAVIS-2016: see data_scripts/README.md, or run this with --help."""

from vostut.datasets.download import run_as_script

if __name__ == "__main__":
    raise SystemExit(run_as_script("davis2016"))
