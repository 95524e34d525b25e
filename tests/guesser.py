"""Answers wrongly, again and again, and prints how often once it was told so: `python guesser.py DIRECTORY SUBJECT …`.

To be killed: each subject gets a process of its own, forked from this one, which has read all modules by then. Of each
come its process id and the factor's; a number for each wrong answer whose error has arrived; and `ended`.
"""

import os
import sys
from pathlib import Path

import people
from attackers import hold, wrong_code
from solely.app import Solely
from solely.errors import WrongAnswer


def tell(*what):
    sys.stdout.write(f"{' '.join(map(str, what))}\n")
    sys.stdout.flush()


def guess(directory, subject):
    with Solely(directory) as solely:
        world = people.world(solely)
        held = hold(world, subject, "totp")
        tell(os.getpid(), held.factor)
        for number in range(1, 99):
            world.clock.forward(hours=1)
            begun = world.verification.challenge(subject)
            try:
                world.verification.answer(subject, begun.id, held.factor, wrong_code(held.by, world.clock()))
            except WrongAnswer:
                tell(number)


def main(directory, *subjects):
    for subject in subjects:
        child = os.fork()
        if not child:
            guess(Path(directory), subject)
            return
        os.waitpid(child, 0)
        tell("ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
