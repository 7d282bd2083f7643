"""View-models and one screen a file: pure functions of the view. Decides nothing."""
