"""Chapters 4 and 5: the networks, tensors in and tensors out. To come."""
