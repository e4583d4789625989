package dev.cryo.lower.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A random structured program over int variables, as PTX text and as a scalar interpreter. Branches depend on the
 * thread, on the block or on nothing; loops end at different times; there are breaks, continues and early exits.
 */
final class RandomProgram {
    static final int VARIABLES = 7;

    private sealed interface Node {
    }

    private record Assign(int target, String op, int left, int right) implements Node {
    }

    private record If(String comparison, int left, int right, List<Node> then, List<Node> otherwise) implements Node {
    }

    private record Loop(int counter, int bound, List<Node> body) implements Node {
    }

    private record Jump(String kind, int left, int right) implements Node {
    }

    private static final class Left extends Exception {
        private static final long serialVersionUID = 1L;
        private final String kind;

        Left(String kind) {
            super(kind);
            this.kind = kind;
        }
    }

    private final Random random;
    private final List<Node> nodes;
    private final StringBuilder text = new StringBuilder();
    private int labels;
    private int counters;

    RandomProgram(long seed) {
        random = new Random(seed);
        nodes = nodes(3, false);
    }

    private List<Node> nodes(int depth, boolean inLoop) {
        List<Node> list = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            int choice = random.nextInt(10);
            if (choice < 5 || depth == 0) {
                list.add(new Assign(1 + random.nextInt(VARIABLES - 2),
                        List.of("add.s32", "sub.s32", "xor.b32", "mul.lo.s32", "and.b32", "min.s32")
                                .get(random.nextInt(6)),
                        random.nextInt(VARIABLES), random.nextInt(VARIABLES)));
            } else if (choice < 8) {
                list.add(new If(comparison(), random.nextInt(VARIABLES), random.nextInt(VARIABLES),
                        nodes(depth - 1, inLoop), random.nextBoolean() ? nodes(depth - 1, inLoop) : List.of()));
            } else if (choice < 9) {
                list.add(new Loop(counters++, random.nextInt(VARIABLES), nodes(depth - 1, true)));
            } else {
                String kind = inLoop ? List.of("break", "continue", "exit").get(random.nextInt(3)) : "exit";
                list.add(new Jump(kind, random.nextInt(VARIABLES), random.nextInt(VARIABLES)));
            }
        }
        return list;
    }

    private String comparison() {
        return List.of("lt", "ge", "eq", "ne").get(random.nextInt(4));
    }

    // PTX

    /** The text: variable 0 is the thread, the last one the block, the others begin as small numbers. */
    String ptx() {
        text.setLength(0);
        text.append(".version 8.0\n.target sm_75\n.address_size 64\n.visible .entry k(.param .u64 D)\n{\n")
                .append(".reg .s32 v<").append(VARIABLES).append(">;\n.reg .s32 n<").append(counters + 1)
                .append(">;\n.reg .s32 m<").append(counters + 1).append(">;\n")
                .append(".reg .pred p;\n.reg .u64 d, o;\n.reg .u32 t, x, z;\n");
        text.append("mov.u32 v0, %tid.x;\nmov.u32 v").append(VARIABLES - 1).append(", %ctaid.x;\n");
        for (int i = 1; i < VARIABLES - 1; i++) {
            text.append("mov.s32 v").append(i).append(", ").append(i * 3).append(";\n");
        }
        emit(nodes, "END", "END");
        text.append("END:\nld.param.u64 d, [D];\nmov.u32 t, %ntid.x;\nmov.u32 x, %ctaid.x;\nmul.lo.u32 x, x, t;\n")
                .append("mov.u32 z, %tid.x;\nadd.u32 x, x, z;\nmul.wide.u32 o, x, ").append(4 * VARIABLES)
                .append(";\nadd.u64 d, d, o;\n");
        for (int i = 0; i < VARIABLES; i++) {
            text.append("st.global.u32 [d+").append(4 * i).append("], v").append(i).append(";\n");
        }
        return text.append("ret;\n}\n").toString();
    }

    private void emit(List<Node> list, String onBreak, String onContinue) {
        for (Node node : list) {
            switch (node) {
                case Assign a -> text.append(a.op).append(" v").append(a.target).append(", v").append(a.left)
                        .append(", v").append(a.right).append(";\n");
                case If i -> {
                    String other = "L" + labels++;
                    String join = "L" + labels++;
                    text.append("setp.").append(i.comparison).append(".s32 p, v").append(i.left).append(", v")
                            .append(i.right).append(";\n@!p bra ").append(other).append(";\n");
                    emit(i.then, onBreak, onContinue);
                    text.append("bra ").append(join).append(";\n").append(other).append(":\n");
                    emit(i.otherwise, onBreak, onContinue);
                    text.append(join).append(":\n");
                }
                case Loop l -> {
                    String head = "L" + labels++;
                    String latch = "L" + labels++;
                    String end = "L" + labels++;
                    text.append("mov.s32 n").append(l.counter).append(", 0;\nand.b32 m").append(l.counter).append(", v")
                            .append(l.bound).append(", 7;\n").append(head).append(":\nsetp.ge.s32 p, n")
                            .append(l.counter).append(", m").append(l.counter).append(";\n@p bra ").append(end)
                            .append(";\n");
                    // Continue goes to the head by a back-edge of its own.
                    text.append("add.s32 n").append(l.counter).append(", n").append(l.counter).append(", 1;\n");
                    emit(l.body, end, random.nextBoolean() ? head : latch);
                    text.append(latch).append(":\nbra ").append(head).append(";\n").append(end).append(":\n");
                }
                case Jump j -> text.append("setp.eq.s32 p, v").append(j.left).append(", v").append(j.right)
                        .append(";\n@p bra ").append(j.kind.equals("exit") ? "END" : j.kind.equals("break") ? onBreak
                                : onContinue).append(";\n");
            }
        }
    }

    // Interpreter

    int[] interpret(int thread, int block) {
        int[] v = new int[VARIABLES];
        v[0] = thread;
        v[VARIABLES - 1] = block;
        for (int i = 1; i < VARIABLES - 1; i++) {
            v[i] = i * 3;
        }
        try {
            interpret(nodes, v);
        } catch (Left left) {
            return v;
        }
        return v;
    }

    private static void interpret(List<Node> list, int[] v) throws Left {
        for (Node node : list) {
            switch (node) {
                case Assign a -> v[a.target] = compute(a.op, v[a.left], v[a.right]);
                case If i -> interpret(holds(i.comparison, v[i.left], v[i.right]) ? i.then : i.otherwise, v);
                case Loop l -> loop(l, v);
                case Jump j -> {
                    if (v[j.left] == v[j.right]) {
                        throw new Left(j.kind);
                    }
                }
            }
        }
    }

    private static void loop(Loop loop, int[] v) throws Left {
        int bound = v[loop.bound] & 7;
        for (int i = 0; i < bound; i++) {
            try {
                interpret(loop.body, v);
            } catch (Left left) {
                if (left.kind.equals("break")) {
                    return;
                }
                if (left.kind.equals("exit")) {
                    throw left;
                }
            }
        }
    }

    private static int compute(String op, int a, int b) {
        return switch (op) {
            case "add.s32" -> a + b;
            case "sub.s32" -> a - b;
            case "xor.b32" -> a ^ b;
            case "mul.lo.s32" -> a * b;
            case "and.b32" -> a & b;
            default -> Math.min(a, b);
        };
    }

    private static boolean holds(String comparison, int a, int b) {
        return switch (comparison) {
            case "lt" -> a < b;
            case "ge" -> a >= b;
            case "eq" -> a == b;
            default -> a != b;
        };
    }
}
