package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;

/**
 * Runs one instruction over many operands and compares every result with a model. Each instruction is executed in three
 * ways: by all lanes, by every second lane, and with operands that are the same for all lanes.
 */
final class OpcodeHarness {
    /** Computes the expected bits from the bits of the operands, zero-extended from their types. */
    interface Model {
        long apply(long a, long b, long c);
    }

    private static final int LANES = 256;

    private OpcodeHarness() {
    }

    /**
     * Checks an instruction.
     *
     * @param types the types of destination and operands, such as {@code "u32 u32 u32"}
     */
    static void check(String opcode, String types, long seed, Model model) throws Exception {
        check(opcode + " d, %s;", opcode, types, seed, model);
    }

    /** Checks lines of PTX that compute d from a, b and c. */
    static void check(String body, String name, String types, long seed, Model model) throws Exception {
        String[] t = types.split(" ");
        StringBuilder operands = new StringBuilder();
        for (int i = 1; i < t.length; i++) {
            operands.append(i == 1 ? "" : ", ").append("abc".charAt(i - 1));
        }
        String text = body.contains("%s") ? String.format(body, operands) : body;
        Random random = new Random(seed);
        long[][] values = new long[3][LANES];
        for (int i = 1; i < t.length; i++) {
            for (int lane = 0; lane < LANES; lane++) {
                values[i - 1][lane] = Operand.random(t[i], random);
            }
        }
        run(text, name, t, values, model, Way.ALL);
        run(text, name, t, values, model, Way.EVERY_SECOND);
        for (int lane = 0; lane < 12; lane++) {
            long[][] same = new long[3][LANES];
            for (int i = 0; i < 3; i++) {
                Arrays.fill(same[i], values[i][lane * 7]);
            }
            run(text, name, t, same, model, Way.UNIFORM);
        }
    }

    private enum Way { ALL, EVERY_SECOND, UNIFORM }

    private static String kernel(String body, String[] types, Way way) {
        StringBuilder ptx = new StringBuilder(".version 8.0\n.target sm_75\n.address_size 64\n.visible .entry k("
                + ".param .u64 A, .param .u64 B, .param .u64 C, .param .u64 D)\n{\n"
                + ".reg .u64 %pa, %pb, %pc, %pd, %o;\n.reg .u32 %t;\n.reg .pred %skip;\n");
        for (int i = 0; i < types.length; i++) {
            String register = types[i].length() == 2 && types[i].endsWith("8") ? "b16" : types[i];
            ptx.append(".reg .").append(register).append(' ').append("dabc".charAt(i)).append(";\n");
            if (types[i].equals("pred")) {
                ptx.append(".reg .u32 ").append("dabc".charAt(i)).append("i;\n");
            }
        }
        ptx.append("mov.u32 %t, %tid.x;\nmul.wide.u32 %o, %t, 8;\n");
        for (char p : new char[] {'A', 'B', 'C', 'D'}) {
            char low = Character.toLowerCase(p);
            ptx.append("ld.param.u64 %p").append(low).append(", [").append(p).append("];\n");
            if (p == 'D' || way != Way.UNIFORM) {
                ptx.append("add.u64 %p").append(low).append(", %p").append(low).append(", %o;\n");
            }
        }
        if (way == Way.EVERY_SECOND) {
            ptx.append("and.b32 %t, %t, 1;\nsetp.eq.u32 %skip, %t, 0;\n@%skip bra END;\n");
        }
        for (int i = 1; i < types.length; i++) {
            char r = "dabc".charAt(i);
            if (types[i].equals("pred")) {
                ptx.append("ld.global.u32 ").append(r).append("i, [%p").append(r).append("];\nsetp.ne.u32 ")
                        .append(r).append(", ").append(r).append("i, 0;\n");
            } else {
                ptx.append("ld.global.").append(memory(types[i])).append(' ').append(r).append(", [%p").append(r)
                        .append("];\n");
            }
        }
        ptx.append(body).append('\n');
        if (types[0].equals("pred")) {
            ptx.append("selp.u32 di, 1, 0, d;\nst.global.u32 [%pd], di;\n");
        } else {
            ptx.append("st.global.").append(memory(types[0])).append(" [%pd], d;\n");
        }
        return ptx.append("END: ret;\n}\n").toString();
    }

    private static String memory(String type) {
        return switch (type) {
            case "f16" -> "b16";
            case "f16x2" -> "b32";
            default -> type;
        };
    }

    private static void run(String body, String name, String[] types, long[][] values, Model model, Way way)
            throws Exception {
        try (Device device = new Device()) {
            MemorySegment[] in = new MemorySegment[3];
            for (int i = 0; i < 3; i++) {
                in[i] = device.longs(values[i]);
            }
            MemorySegment out = device.allocate(8L * LANES);
            LoadedKernel kernel = Objects.requireNonNull(device.load(kernel(body, types, way)).kernel("k"));
            device.comparedAs(new Sameness.ButForNan(types[0]));
            device.run(kernel, 1, LANES, in[0], in[1], in[2], out);
            for (int lane = way == Way.EVERY_SECOND ? 1 : 0; lane < LANES; lane += way == Way.EVERY_SECOND ? 2 : 1) {
                long expected = Operand.bits(types[0], model.apply(values[0][lane], values[1][lane], values[2][lane]));
                long actual = Operand.bits(types[0], out.getAtIndex(ValueLayout.JAVA_LONG, lane));
                if (Operand.bothNan(types[0], expected, actual)) {
                    continue;
                }
                assertThat(Long.toHexString(actual))
                        .as("%s of %x, %x, %x (%s, lane %d)", name, values[0][lane], values[1][lane], values[2][lane],
                                way, lane)
                        .isEqualTo(Long.toHexString(expected));
            }
        }
    }
}
