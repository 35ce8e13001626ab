"""What a paper prints: three-line tables as Word and LaTeX, and the methods section."""
