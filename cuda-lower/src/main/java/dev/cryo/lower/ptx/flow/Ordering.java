package dev.cryo.lower.ptx.flow;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds dominators and loops and lays the blocks out: topologically, every loop in one piece. */
final class Ordering {
    private final Block entry;
    private final List<Loop> loops = new ArrayList<>();
    private final boolean reducible;
    private final List<Block> ordered = new ArrayList<>();

    private Ordering(Block entry) {
        this.entry = entry;
        List<Block> reverse = reversePostOrder(entry);
        dominators(reverse);
        this.reducible = findLoops(reverse);
        if (reducible) {
            Loop whole = new Loop(entry);
            whole.blocks.addAll(reverse);
            nest(whole, reverse);
            mergeLatches(whole);
            layOut(whole);
        } else {
            // The order decides only where lanes meet, so any order is correct as long as nothing relies on meeting.
            ordered.addAll(reverse);
        }
        for (int i = 0; i < ordered.size(); i++) {
            ordered.get(i).order(i);
        }
    }

    static Ordering of(Block entry) {
        return new Ordering(entry);
    }

    List<Block> blocks() {
        return ordered;
    }

    boolean reducible() {
        return reducible;
    }

    List<Loop> loops() {
        return loops;
    }

    private static List<Block> reversePostOrder(Block entry) {
        List<Block> post = new ArrayList<>();
        Set<Block> seen = new HashSet<>();
        Deque<Block> stack = new ArrayDeque<>();
        Map<Block, Integer> next = new HashMap<>();
        stack.push(entry);
        seen.add(entry);
        while (!stack.isEmpty()) {
            Block block = stack.element();
            int index = next.merge(block, 1, Integer::sum) - 1;
            if (index < block.successors().size()) {
                Block successor = block.successors().get(index);
                if (seen.add(successor)) {
                    stack.push(successor);
                }
            } else {
                post.add(stack.pop());
            }
        }
        Collections.reverse(post);
        for (Block block : post) {
            block.predecessors().removeIf(p -> !seen.contains(p));
        }
        return post;
    }

    /** The algorithm of Cooper, Harvey and Kennedy. */
    private void dominators(List<Block> reverse) {
        for (int i = 0; i < reverse.size(); i++) {
            reverse.get(i).number = i;
        }
        entry.dominator = entry;
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Block block : reverse) {
                if (block == entry) {
                    continue;
                }
                Block common = null;
                for (Block predecessor : block.predecessors()) {
                    if (predecessor.dominator != null) {
                        common = common == null ? predecessor : common(common, predecessor);
                    }
                }
                if (common != null && block.dominator != common) {
                    block.dominator = common;
                    changed = true;
                }
            }
        }
    }

    private static Block common(Block a, Block b) {
        Block left = a;
        Block right = b;
        while (left != right) {
            if (left.number > right.number) {
                left = parent(left);
            } else {
                right = parent(right);
            }
        }
        return left;
    }

    private static Block parent(Block block) {
        Block dominator = block.dominator;
        if (dominator == null) {
            throw new IllegalStateException("a reachable block without a dominator");
        }
        return dominator;
    }

    private boolean dominates(Block a, Block b) {
        Block block = b;
        while (block.number > a.number) {
            block = parent(block);
        }
        return block == a;
    }

    private boolean findLoops(List<Block> reverse) {
        Map<Block, Loop> byHeader = new LinkedHashMap<>();
        for (Block block : reverse) {
            for (Block successor : block.successors()) {
                if (successor.number <= block.number) {
                    if (!dominates(successor, block)) {
                        return false;
                    }
                    Loop loop = byHeader.computeIfAbsent(successor, Loop::new);
                    if (!loop.latches.contains(block)) {
                        loop.latches.add(block);
                    }
                }
            }
        }
        for (Loop loop : byHeader.values()) {
            loop.blocks.add(loop.header);
            Deque<Block> work = new ArrayDeque<>(loop.latches);
            while (!work.isEmpty()) {
                Block block = work.pop();
                if (loop.blocks.add(block)) {
                    work.addAll(block.predecessors());
                }
            }
        }
        loops.addAll(byHeader.values());
        return true;
    }

    /** Assigns every block its innermost loop and every loop its parent. */
    private void nest(Loop whole, List<Block> reverse) {
        loops.sort((a, b) -> Integer.compare(b.blocks.size(), a.blocks.size()));
        for (Block block : reverse) {
            block.loop = whole;
        }
        for (Loop loop : loops) {
            loop.parent = loop.header.loop;
            for (Block block : loop.blocks) {
                block.loop = loop;
            }
        }
    }

    private void mergeLatches(Loop whole) {
        for (Loop loop : loops) {
            if (loop.latches.size() > 1) {
                Block latch = new Block(0, 0);
                for (Block old : loop.latches) {
                    old.redirect(loop.header, latch);
                }
                Block.connect(latch, loop.header);
                latch.loop = loop;
                loop.latches.clear();
                loop.latches.add(latch);
                for (Loop outer = loop; outer != null; outer = outer.parent) {
                    outer.blocks.add(latch);
                }
            }
        }
        whole.latches.clear();
    }

    /** Lays out what is directly in a loop topologically, and inner loops where their headers stand. */
    private void layOut(Loop loop) {
        Map<Object, List<Object>> edges = new HashMap<>();
        Map<Object, Loop> inner = new HashMap<>();
        for (Block block : loop.blocks) {
            Object from = item(loop, block, inner);
            for (Block successor : block.successors()) {
                Object to = loop.blocks.contains(successor) ? item(loop, successor, inner) : from;
                if (successor != loop.header && to != from) {
                    edges.computeIfAbsent(from, k -> new ArrayList<>()).add(to);
                }
            }
        }
        for (Object item : topological(item(loop, loop.header, inner), edges)) {
            Loop child = inner.get(item);
            if (child != null) {
                layOut(child);
            } else {
                ordered.add((Block) item);
            }
        }
    }

    private static Object item(Loop loop, Block block, Map<Object, Loop> inner) {
        @Nullable Loop child = loop.childHolding(block);
        if (child == null) {
            return block;
        }
        inner.put(child, child);
        return child;
    }

    private static List<Object> topological(Object entry, Map<Object, List<Object>> edges) {
        List<Object> post = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        Deque<Object> stack = new ArrayDeque<>();
        Map<Object, Integer> next = new HashMap<>();
        stack.push(entry);
        seen.add(entry);
        while (!stack.isEmpty()) {
            Object item = stack.element();
            List<Object> targets = edges.getOrDefault(item, List.of());
            int index = next.merge(item, 1, Integer::sum) - 1;
            if (index < targets.size()) {
                if (seen.add(targets.get(index))) {
                    stack.push(targets.get(index));
                }
            } else {
                post.add(stack.pop());
            }
        }
        Collections.reverse(post);
        return post;
    }
}
