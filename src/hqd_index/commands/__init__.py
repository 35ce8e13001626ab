"""What the command line shares: help in two languages, options, faults of usage, and the commands that begin a study."""
