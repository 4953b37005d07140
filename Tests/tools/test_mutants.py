"""Whether the faults of tools/mutants still fit the sources they are put into."""

import tomllib
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Faults(unittest.TestCase):
    """The list that `tools/mutants/run` takes, which is too slow to be run with every change."""

    def test_each_fault_stands_once_in_its_file(self):
        text = (ROOT / "tools/mutants/list.toml").read_text(encoding="utf-8")
        faults = tomllib.loads(text)["mutant"]
        self.assertGreater(len(faults), 100)
        found = {fault["name"]: (ROOT / "Sources" / fault["file"]).read_text(
            encoding="utf-8").count(fault["old"]) for fault in faults}
        self.assertEqual({name: count for name, count in found.items() if count != 1}, {})


if __name__ == "__main__":
    unittest.main()
