"""The checks themselves: each must complain where something is really wrong."""

import shutil
from collections import Counter

from . import checks
from .nodes import NAMES, Failure, Node, free_ports

# How long the check of convergence waits where it must fail.
SHORT_SECONDS = 4.0


def must_complain(story, name, found, words):
    """A control holds if the check's complaint says what was done."""
    if not any(words in line for line in found):
        story.complain("controls", [f"{name} goes unnoticed: {found[:3]}"])
    else:
        story.tally["controls"] += 1
        story.say(f"control: {name}: noticed: {next(l for l in found if words in l)[:100]}")


def convergence(network):
    """What the check of convergence complains of."""
    try:
        checks.converge(network, within=SHORT_SECONDS)
        return []
    except Failure as failure:
        return str(failure).split("; ")


def run(story):
    one, other = story.draw.sample(NAMES, 2)
    cut_pair(story, one, other)
    held_back(story, one)
    really_lost(story, story.network[other])


def cut_pair(story, one, other):
    """One pair stays cut."""
    for link in story.network.wires.between(one, other):
        story.network.wires.cut(link)
    must_complain(story, f"{one} and {other} stay cut", convergence(story.network),
                  "not connected")
    story.network.wires.heal()
    checks.converge(story.network)


def held_back(story, name):
    """Nothing reaches one node, while records come."""
    network = story.network
    for other in NAMES:
        if other != name:
            for link in network.wires.between(name, other):
                link.is_stalled = {"out": True, "back": True}
    for node in network:
        story.writers.submit(node)
    must_complain(story, f"nothing reaches {name}", convergence(network), " of ")
    network.wires.heal()
    checks.converge(network)


def really_lost(story, node):
    """A record is acknowledged, and the only disk that had it is gone."""
    network = story.network
    story.drains.append(node.terminate())
    copy = Node(network, node.name, free_ports(1)[0])
    copy.directory = network.work / "lost"
    copy.reaches = []
    network.copy(node, copy.directory)
    copy.start("--alone")
    given = None

    def is_acknowledged():
        nonlocal given
        given = story.writers.submit(copy)
        return given is not None

    try:
        checks.until(is_acknowledged, 20, f"a copy of {node.name} alone takes a record: "
                     f"{story.writers.codes}")
    finally:
        copy.kill()
    shutil.rmtree(copy.directory)
    node.start()
    story.writers.acknowledged.remove(given)
    # Another takes its place, so that it is not only the end of the log that differs.
    story.writers.submit(node)
    checks.converge(network)
    found = checks.lost(network, [given], Counter())
    must_complain(story, "a record is really lost", found, "is lost")
    if len(found) != len(NAMES):
        story.complain("controls", [f"{len(found)} of {len(NAMES)} nodes miss a lost record"])
    must_complain(story, "its receipt", story.receipts.wrong([given], Counter()), "is lost")
