"""The engine for a cluster: plans of the firm floor as Spark SQL; pyspark is imported when a session starts."""
