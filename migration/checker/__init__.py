"""Checks a conversion without believing it: what the written flow does is derived anew and compared."""
