"""What the methods of results return: labelled statistics, figures and one-page files."""
