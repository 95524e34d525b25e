"""One directory at work as it is deployed: each compartment with its own key files, linked by sockets."""

from contextlib import ExitStack, contextmanager

from directories import copied
from solely.app import Solely
from solely.app.ground import Ground
from solely.app.links import open_links, serve_links
from solely.app.parts import Parts
from solely.links.table import PROCESSES


class Split:
    """The processes of one directory, as threads of this one; `parts(name)` are those of one compartment."""

    def __init__(self, whole, folder, stack, hold=5.0):
        self.whole, self.folder, self._stack, self._hold = whole, folder, stack, hold
        self.grounds, self._parts, self.served = {}, {}, {}
        for name in PROCESSES:
            own = frozenset({name, "desk"} if name == "registry" else {name})
            ground = whole.ground
            ground = Ground(ground.directory, ground.database, ground.policy, ground.clock, own)
            self.grounds[name] = stack.enter_context(open_links(ground, folder))

    def serve(self, name, **options):
        stack = ExitStack()
        stack.enter_context(serve_links(self.grounds[name], self.folder, hold=self._hold, **options))
        self.served[name] = stack
        self._stack.push(stack)

    def stop(self, name):
        self.served.pop(name).close()

    def parts(self, name):
        if name not in self._parts:
            self._parts[name] = self._stack.enter_context(Parts(self.grounds[name]))
        return self._parts[name]

    def side(self, name):
        return self.grounds[name].links.side


@contextmanager
def split(made, folder, **options):
    """All processes of a copy of `made` at work."""
    with ExitStack() as stack:
        whole = stack.enter_context(Solely(copied(made, folder / "data"), signs=False))
        found = Split(whole, folder / "run", stack, **options)
        for name in PROCESSES:
            found.serve(name)
        yield found
