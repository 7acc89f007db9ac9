"""Nobody who said STOP is texted by mistake: shown over the real code, in whatever order."""
