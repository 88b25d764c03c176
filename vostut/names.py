"""Names that the command line and the functions behind it take; known here without importing PyTorch."""

DEVICES = ("auto", "cpu", "cuda")
"""What ``--device`` may name."""

PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")
"""What ``--precision`` may name; ``16-mixed`` on a GPU only."""
