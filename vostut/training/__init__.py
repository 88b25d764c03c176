"""Chapters 4 and 5: losses, augmentation, mask deformation, the training loop. To come."""
