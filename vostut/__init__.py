"""Video object segmentation, taught and reproduced: the package behind the book.

The rooms stand in the order of the book, and each imports only from those before it:
``video`` -> ``data`` -> ``metrics`` -> ``evaluation`` -> ``learning`` -> ``osvos``, ``masktrack`` ->
``reproduction``.
``plot`` draws what ``video`` holds; ``cli`` is the command line.
"""

__version__ = "1.0.0"
