"""Calls between the processes of one machine: each has one compartment's keys, and asks the others for the rest."""
