"""Jupyter notebooks: JSON of nbformat 2, 3 and 4 to cells, their outputs and their language."""
