"""A node that is put back to an old backup (SPEC §18.3, §25.4)."""

import shutil

from cairn_verify import notes

from . import checks
from .nodes import KEYS, ORGANISATIONS, Failure, ask

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

    def put_back(self, has_newer):
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
        node.terminate()
        if has_newer:
            shutil.rmtree(node.directory)
            newer.rename(node.directory)
            story.tally["newer copies"] += 1
        else:
            shutil.rmtree(newer)
            self.network.lost_parts |= {
                one.part for one in story.writers.acknowledged
                if one.node == one.seen_by == node.name and one.index >= self.size}
            self.rekey()
            story.tally["new keys"] += 1
        node.start()
        story.convergences.append(checks.converge(self.network))
        story.complain(f"{node.name} after an old backup", [
            *checks.lost(self.network, [given], story.tally),
            *story.receipts.wrong([given], story.tally)])

    def rekey(self):
        """Governors give its log another key, where it ends (README, "A log gets a new key")."""
        network, node = self.network, self.node
        other = next(n for n in network if n is not node)
        network.log_keys[node.name] += 1
        key = network.key(node.name, "log")
        network.run("key", "new", "-o", key)
        rotation, amendment, submission = (
            network.work / f"{node.name}-{network.log_keys[node.name]}.{kind}"
            for kind in ("json", "amendment", "cairn"))
        rotation.write_text(network.run("rekey", node.directory, "--log-key", key))
        here = ("--genesis", network.genesis, "--node", other.url)
        network.run("network", "amend", "--from", rotation, *here, "-o", amendment)
        network.run("network", "sign", amendment, *here, "--yes",
                    "--governor-key", KEYS / "governor-1.pem",
                    "--governor-key", KEYS / "governor-2.pem")
        network.run("network", "register", amendment, *here,
                    "--issuer", ORGANISATIONS["harbour"], "--key", KEYS / "wholesaler.pem",
                    "--submission", submission)
        network.run("submit", submission, "--node", other.url)
        self.story.writers.learn_key(node.name)

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
