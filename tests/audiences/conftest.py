"""The advertising side of stage.py."""

from stage import make_stage, policy, stage

__all__ = ["make_stage", "policy", "stage"]
