"""Ten devices learn handwritten digits together; each has seen four of the ten digits."""
