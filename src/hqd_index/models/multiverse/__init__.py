"""Every index design with every regression specification."""
