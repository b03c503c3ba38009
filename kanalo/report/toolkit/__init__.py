"""What reports share: tables, formats, the canvas of figures, pages and how they are written."""
