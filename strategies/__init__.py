"""The rules of this workspace, one per file; a file's name is the strategy's name in every verb."""
