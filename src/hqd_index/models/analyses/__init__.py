"""What is asked of the headline estimate and of the unit-years, one analysis a file."""
