"""What the YAML says: read, checked, frozen, with all defaults written out."""
