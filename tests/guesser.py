"""Answers wrongly, again and again, and prints how often once it was told so: `python guesser.py DIRECTORY SUBJECT`.

To be killed. First comes the factor's id; then a number for each wrong answer whose error has arrived.
"""

import sys
from pathlib import Path

import people
from attackers import hold, wrong_code
from solely.app import Solely
from solely.errors import WrongAnswer


def tell(what):
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def guess(directory, subject):
    with Solely(directory) as solely:
        world = people.world(solely)
        held = hold(world, subject, "totp")
        tell(held.factor)
        for number in range(1, 99):
            world.clock.forward(hours=1)
            begun = world.verification.challenge(subject)
            try:
                world.verification.answer(subject, begun.id, held.factor, wrong_code(held.by, world.clock()))
            except WrongAnswer:
                tell(number)


if __name__ == "__main__":
    guess(Path(sys.argv[1]), sys.argv[2])
