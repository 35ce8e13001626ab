"""Event studies and other estimates on firm-years."""
