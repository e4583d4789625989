"""Holds memory whose pages are all known, and does with it what it reads from its standard input, a line each."""
import ctypes
import mmap
import os
import sys

PAGE = 4096
PAGES = 40960
ZERO = bytes(PAGE)
above = mmap.mmap(-1, 64 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # The other cannot grow where it is.
memory = mmap.mmap(-1, PAGES * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
zeros = set()


def contents(page):
    return ZERO if page in zeros else ((page * 0x9E3779B97F4A7C15 + 1) % 2**64).to_bytes(8, "little") * (PAGE // 8)


def place():
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def verify():
    wrong = [page for page in range(PAGES) if memory[page * PAGE:(page + 1) * PAGE] != contents(page)]
    return "all pages are right" if not wrong else f"{len(wrong)} pages are wrong, the first is {wrong[0]}"


def fork():
    child = os.fork()
    if child == 0:
        os._exit(0 if verify().startswith("all") else 1)
    return f"child {os.waitpid(child, 0)[1]}"


def move():
    before = place()
    memory.resize(2 * PAGES * PAGE)
    return "moved" if place() != before else "not moved"


def drop():
    memory.madvise(mmap.MADV_DONTNEED, 1000 * PAGE, 3000 * PAGE)
    zeros.update(range(1000, 4000))
    return "dropped"


def grow():
    more = mmap.mmap(-1, 8192 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for page in range(8192):
        assert more[page * PAGE:(page + 1) * PAGE] == ZERO
        more[page * PAGE] = 1
    return "grown"


for page in range(PAGES):
    memory[page * PAGE:(page + 1) * PAGE] = contents(page)
print("ready", flush=True)
for line in sys.stdin:
    print({"verify": verify, "fork": fork, "move": move, "drop": drop, "grow": grow}[line.strip()](), flush=True)
