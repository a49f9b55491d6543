"""Office files and web pages: paragraphs, tables, slides and cells, with the places that such files have."""
