"""A node that is put back to an old backup (SPEC §18.3, §25.4)."""

import shutil
import time

from . import checks
from .nodes import Failure, ask

# How long the node may take to hear from its peers that it has lost something.
NOTICE_SECONDS = 15.0
# How long it is given to win back by itself what it lost, where the program can do that.
RECOVERY_SECONDS = 5.0


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
        story.drains.append(node.terminate())
        checks.check(self.network, node)
        story.tally["checks"] += 1
        newer = node.directory.with_name("newer")
        node.directory.rename(newer)
        self.network.run("restore", self.file, node.directory, "--log-key",
                         self.network.key(node.name, "log"))
        node.start()
        checks.until(lambda: (node.peers() or {}).get("status") in ("node.behind", "ok"),
                     NOTICE_SECONDS, f"{node.name} notices that it has lost what it signed")
        self.signs_nothing()
        story.tally["behind"] += 1
        if self.recovers():
            story.tally["recovered"] += 1
            shutil.rmtree(newer)
        else:
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
        """No checkpoint of the log that its peers do not know, whatever it is asked."""
        node = self.node
        if (node.peers() or {}).get("status") == "ok":
            return
        for _ in range(5):
            submission = self.story.author.submission()[0]
            answer = ask(node.port, "POST", "/entries", submission)
            if answer is None or answer[0] < 400 or b"node.behind" not in answer[2]:
                if (node.peers() or {}).get("status") == "ok":
                    return
                raise Failure(f"{node.name} is behind, and answers a submission {answer}")
        size = node.peers()["size"]
        if size != self.size and node.peers()["status"] != "ok":
            raise Failure(f"{node.name} is behind, and its log has grown to {size}")

    def recovers(self):
        """Whether it wins back by itself what it lost; all of it, as the convergence says then."""
        end = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < end:
            report = self.node.peers() or {}
            if report.get("status") == "ok":
                return True
            time.sleep(0.1)
        return False
