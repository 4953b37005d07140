"""The wires between nodes: a TCP proxy for each direction of calling, which can be harmed."""

import asyncio
import socket
import struct
import threading
from collections import Counter

CHUNK = 1 << 16
# More than this does not wait inside a link: then the sender's own window fills.
HELD_CHUNKS = 16


class Link:
    """The wire over which one node calls another. Its fields are set from any thread."""

    def __init__(self, caller, called, target):
        self.caller, self.called, self.target = caller, called, target
        self.port = None
        self.tally = Counter()
        self.connections = set()
        self.heal()

    def heal(self):
        """A good wire from now on; connections that were spoilt are not mended by it."""
        # Connections are refused, and those that stand are reset.
        self.is_cut = False
        # Nothing gets through, of either or of one direction; nothing is lost either.
        self.is_stalled = {"out": False, "back": False}
        self.delay_seconds = 0.0
        self.bytes_per_second = None
        # What is done to the next piece that comes: a name of `SPOILING`, and a random number.
        self.spoiling = None


def flip(piece, number):
    """One bit is another."""
    at = number % len(piece)
    return piece[:at] + bytes([piece[at] ^ 1 << number % 8]) + piece[at + 1:]


def swap(piece, number):
    """The two halves come in the wrong order."""
    at = 1 + number % max(1, len(piece) - 1)
    return piece[at:] + piece[:at]


# What a wire may do to bytes; TLS must notice each.
SPOILING = {
    "flip": flip, "swap": swap, "repeat": lambda piece, _: piece + piece,
    "drop": lambda piece, number: piece[:number % len(piece)],
    "insert": lambda piece, number: piece + number.to_bytes(8, "big"),
}


def reset(writer):
    """Ends a connection without a word."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Wires:
    """All links, in a thread of their own."""

    def __init__(self):
        self.links = {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def add(self, caller, called, target):
        """A link to a port; it listens when this returns."""
        link = Link(caller, called, target)

        async def accept(reader, writer):
            await self.carry(link, reader, writer)

        async def listen():
            server = await asyncio.start_server(accept, "127.0.0.1", 0)
            link.port = server.sockets[0].getsockname()[1]

        asyncio.run_coroutine_threadsafe(listen(), self.loop).result()
        self.links[caller, called] = link
        return link

    def between(self, one, other):
        """Both wires of a pair."""
        return [self.links[pair] for pair in ((one, other), (other, one)) if pair in self.links]

    def cut(self, link):
        """Resets what stands, and refuses what comes."""
        link.is_cut = True

        def drop():
            for pair in list(link.connections):
                for writer in pair:
                    reset(writer)

        self.loop.call_soon_threadsafe(drop)

    def half_close(self, link):
        """Tells the called side of each connection that nothing more comes; it may still send."""
        def end():
            for _, server in list(link.connections):
                try:
                    if not server.is_closing():
                        server.write_eof()
                        link.tally["half-closed"] += 1
                except OSError:
                    # It has just ended by itself.
                    pass

        self.loop.call_soon_threadsafe(end)

    def heal(self):
        """All wires are good."""
        for link in self.links.values():
            link.heal()

    async def carry(self, link, reader, client):
        if link.is_cut:
            return reset(client)
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", link.target)
        except OSError:
            return reset(client)
        link.tally["connections"] += 1
        pair = (client, server)
        link.connections.add(pair)
        pumps = [asyncio.ensure_future(self.pump(link, "out", reader, server)),
                 asyncio.ensure_future(self.pump(link, "back", answers, client))]
        try:
            await asyncio.gather(*pumps)
        except (OSError, RuntimeError):
            # Broken by a side, or written to after it was half closed.
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            link.connections.discard(pair)
            for writer in pair:
                if writer.is_closing():
                    continue
                reset(writer)

    async def pump(self, link, way, reader, writer):
        """Carries one direction to its end. What breaks breaks both."""
        held = asyncio.Queue(HELD_CHUNKS)

        async def take():
            """Ends with nothing at the end, and with the error where it broke."""
            try:
                while piece := await reader.read(CHUNK):
                    await held.put((self.loop.time() + link.delay_seconds, piece))
                await held.put((0, b""))
            except OSError as error:
                await held.put((0, error))

        taking = asyncio.ensure_future(take())
        try:
            while True:
                due, piece = await held.get()
                if isinstance(piece, OSError):
                    raise piece
                await asyncio.sleep(max(0, due - self.loop.time()))
                while link.is_stalled[way]:
                    await asyncio.sleep(0.02)
                if not piece:
                    if writer.can_write_eof() and not writer.is_closing():
                        writer.write_eof()
                    return
                await self.write(link, piece, writer)
        finally:
            taking.cancel()

    async def write(self, link, piece, writer):
        spoiling, link.spoiling = link.spoiling, None
        if spoiling:
            name, number = spoiling
            link.tally[name] += 1
            if name == "truncate":
                # The middle of a record: some of it arrives, then nothing ever again.
                writer.write(piece[:number % len(piece)])
                await writer.drain()
                raise ConnectionAbortedError
            piece = SPOILING[name](piece, number)
        if link.bytes_per_second:
            step = max(1, link.bytes_per_second // 20)
            while piece and link.bytes_per_second:
                writer.write(piece[:step])
                await writer.drain()
                piece = piece[step:]
                await asyncio.sleep(0.05)
        if piece:
            link.tally["bytes"] += len(piece)
            writer.write(piece)
            await writer.drain()
