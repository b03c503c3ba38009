"""Where a researcher's strategies, data and experiments lie, and how a new rule begins."""

from kanalo.workspace.workspace import Workspace, find_workspace, init_workspace

__all__ = ["Workspace", "find_workspace", "init_workspace"]
