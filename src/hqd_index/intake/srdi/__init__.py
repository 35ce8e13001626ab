"""SRDI status of firm-years: from a recognition list, from the firm table's columns, or by a criterion."""
