"""The report of a comparison: one model, drawn in the terminal and as HTML, Markdown and JSON."""
