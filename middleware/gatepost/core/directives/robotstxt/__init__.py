"""robots.txt by RFC 9309: read what a site has, and say what it allows."""

from gatepost.core.directives.robotstxt.matching import Verdict, evaluate
from gatepost.core.directives.robotstxt.model import CombinedGroup, Group, Record, RobotsTxt, Rule
from gatepost.core.directives.robotstxt.reading import read_robots

__all__ = ["CombinedGroup", "Group", "Record", "RobotsTxt", "Rule", "Verdict", "evaluate", "read_robots"]
