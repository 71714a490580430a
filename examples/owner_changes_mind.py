"""What a control panel does: add a site, preview a wish before it is saved, block, then allow below one path.

Run it; it prints what GPTBot is told and meets after each step. No server is needed, so there is nothing to curl.
"""

import asyncio

from gatepost import Actor, ActorKind, ConfirmationNeeded, Gate, open_gate, read_wish

HOST = "garden.example"
OWNER = Actor(ActorKind.OWNER, "ada@garden.example")


async def say(gate: Gate, wish: str) -> None:
    """The owner says something; it holds from the next request on."""
    wishes = [read_wish(wish, gate.signatures)]
    try:
        await gate.owners.change_preferences(HOST, wishes, OWNER)
    except ConfirmationNeeded as asked:  # it allows more than before: the panel shows this, and the owner says yes
        print(asked)
        await gate.owners.change_preferences(HOST, wishes, OWNER, confirmation=asked.token)
    await gate.snapshots.refresh()  # other workers take it up by themselves
    snapshot = await gate.snapshots.visit(HOST)
    for path in ("/", "/press/spring"):
        decision = gate.decide(snapshot, [b"GPTBot/1.2"], [path])
        print(f"{wish:30} GPTBot on {path:15} {decision.action}: {decision.reason}, {decision.origin}")


async def main() -> None:
    gate = open_gate("sqlite://")
    await gate.owners.add_site([HOST], OWNER)
    wanted = await gate.owners.preview(HOST, [read_wish("ai-training=block", gate.signatures)])
    for name, value in (await gate.snapshots.prepare(wanted, HOST)).rendering.fields_everywhere:
        print(f"every page would say     {name.decode()}: {value.decode()}")
    await say(gate, "ai-training=block")
    await say(gate, "/press/:ai-training=allow")
    await gate.close()


asyncio.run(main())
