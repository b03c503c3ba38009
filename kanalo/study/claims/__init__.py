"""The claims of an article, tested by a plan that was fixed in advance."""
