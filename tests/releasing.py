"""Signature files to release: the shipped one, its next version, and that with a crawler that nobody has tried."""

from gatepost.sources import packaged_signatures

SHIPPED = packaged_signatures()
NEXT = SHIPPED.replace(b'version: "1.0.0"', b'version: "1.1.0"', 1)
ENTRY = b"""
  - name: ProbeBotOfOurs
    operator: A test
    robots_tokens: [ProbeBotOfOurs]
    user_agent_tokens: [ProbeBotOfOurs]
    purposes: [ai-training]
    honours_robots: {value: "yes", source: "https://probe.example/", checked: 2026-11-20}
    documentation: https://probe.example/
    first_seen: "2026-11"
    review_by: 2027-05-20
    samples:
      match: ["ProbeBotOfOurs/1.0"]
      no_match: ["OtherProbeBotOfOurs/1.0"]
"""
WITH_NEW = NEXT.rstrip() + b"\n" + ENTRY
