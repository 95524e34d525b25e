"""Delivery and its measurement: whom a campaign may reach now, and what is told of it afterwards."""
