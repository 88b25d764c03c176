"""Everything that is made from the chapters besides the rendered book: notebooks, slides, assignments.

The chapters in ``book/`` are the only source. ``python -m course notebooks`` writes the notebooks that Colab
and Binder open; ``make course`` builds what an instructor needs.
"""
