"""The scores over time and across units: convergence, inequality, transitions, space, coupling, obstacles."""
