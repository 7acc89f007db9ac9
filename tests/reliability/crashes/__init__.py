"""A worker's whole work, broken off between any two things that last."""
