"""A node that is put back to an old backup (SPEC §18.3, §25.4)."""

import shutil

from cairn_verify import notes

from . import checks
from .nodes import Failure, ask

# How long the node may take to hear from its peers that it has lost something.
NOTICE_SECONDS = 15.0
# How long it may take to get back from them the entries that it lost (SPEC §25.6).
RECOVERY_SECONDS = 20.0


class OldBackup:
    """Taken while the node runs; put back once the node has signed more."""

    def __init__(self, story, node):
        self.story, self.network, self.node = story, story.network, node
        self.file = self.network.work / f"{node.name}.backup"
        self.file.unlink(missing_ok=True)
        self.network.run("backup", node.directory, self.file)
        self.size = node.peers()["size"]

    def put_back(self):
        """The node must notice, sign nothing, and stand where it stood once it has all again."""
        node, story = self.node, self.story
        given = story.writers.submit(node)
        if given is None:
            raise Failure(f"{node.name} takes no record though all is healed")
        checks.converge(self.network)
        self.before = checkpoint(node)
        story.drains.append(node.terminate())
        checks.check(self.network, node)
        story.tally["checks"] += 1
        newer = node.directory.with_name("newer")
        node.directory.rename(newer)
        self.network.run("restore", self.file, node.directory, "--log-key",
                         self.network.key(node.name, "log"))
        node.start()
        checks.until(lambda: (node.peers() or {}).get("status") == "node.behind",
                     NOTICE_SECONDS, f"{node.name} notices that it has lost what it signed")
        story.tally["behind"] += 1
        self.signs_nothing()
        if self.has_recovered():
            story.tally["recovered"] += 1
            self.signs_nothing()
        # It signs again under a new key of its log only, or where the newer copy is found.
        node.terminate()
        shutil.rmtree(node.directory)
        newer.rename(node.directory)
        node.start()
        story.tally["newer copies"] += 1
        story.convergences.append(checks.converge(self.network))
        story.complain(f"{node.name} after an old backup", [
            *checks.lost(self.network, [given], story.tally),
            *story.receipts.wrong([given], story.tally)])

    def signs_nothing(self):
        """No checkpoint that it had not signed before, whatever it is asked."""
        node = self.node
        for _ in range(5):
            submission = self.story.author.submission()[0]
            answer = ask(node.port, "POST", "/entries", submission)
            if answer is None or answer[0] < 400 or b"node.behind" not in answer[2]:
                raise Failure(f"{node.name} is behind, and answers a submission {answer}")
        now = checkpoint(node)
        if now.size > self.before.size or now.size == self.before.size \
                and now.root != self.before.root:
            raise Failure(f"{node.name} is behind, and shows a new checkpoint at {now.size}")

    def has_recovered(self):
        """Whether it gets back from its peers what it lost, to the last entry."""
        try:
            checks.until(lambda: checkpoint(self.node).size == self.before.size,
                         RECOVERY_SECONDS, "its log is whole again")
            return True
        except Failure:
            return False


def checkpoint(node):
    """The newest that a node shows of its own log."""
    answer = ask(node.port, "GET", "/log/checkpoint")
    if answer is None or answer[0] != 200:
        raise Failure(f"{node.name} shows no checkpoint: {answer}")
    return notes.read_checkpoint(answer[2].decode())
