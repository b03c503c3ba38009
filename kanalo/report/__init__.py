"""One model, shown in the terminal and as HTML, Markdown and JSON."""
