"""`lorelens serve discord`: what Discord tells by its gateway, taken in and answered."""
