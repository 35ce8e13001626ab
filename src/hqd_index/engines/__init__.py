"""Where relational work runs: four functions per engine, with its dialect."""
