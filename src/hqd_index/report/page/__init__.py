"""report.html: the page of a run, with its style, script and template."""
