"""PDF files: pages become text with boxes and tables; what is only a picture goes through character recognition."""
