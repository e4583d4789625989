package dev.cryo.lower.nvidia;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random PTX: variables of several kinds that hold each other's addresses, and a kernel that refers to them in many
 * forms and among names that hide them.
 */
final class RandomVariables {
    /** A variable of whose bytes each four can be read and written as a number, but those that hold addresses. */
    private record Variable(String name, boolean constant, int bytes, boolean pointers) {
    }

    private final Random random;
    private final List<Variable> variables = new ArrayList<>();
    private final StringBuilder text = new StringBuilder(".version 8.0\n.target sm_75\n.address_size 64\n");
    private final boolean hiding;
    private int stored;

    /**
     * Makes a program.
     *
     * @param hiding whether registers and the like may have names of variables
     */
    RandomVariables(long seed, boolean hiding) {
        this.random = new Random(seed);
        this.hiding = hiding;
        int count = 2 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            declare("w" + i);
        }
        kernel();
    }

    String text() {
        return text.toString();
    }

    /** The names of the variables that are not constant. */
    List<String> placed() {
        return variables.stream().filter(variable -> !variable.constant).map(Variable::name).toList();
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private void declare(String name) {
        boolean constant = !variables.isEmpty() && random.nextInt(5) == 0;
        boolean pointers = !variables.isEmpty() && random.nextInt(3) == 0;
        int elements = 1 + random.nextInt(4);
        text.append(pick("", ".visible ", "/* .global */ ")).append(constant ? ".const" : ".global");
        if (!constant) {
            text.append(pick("", "", "\n.attribute(.managed)"));
        }
        int bytes = 8 * elements;
        if (pointers) {
            text.append(pick(" .u64 ", " .align 16 .b64 ")).append(name).append('[').append(elements).append("] = {");
            for (int i = 0; i < elements; i++) {
                text.append(i == 0 ? "" : ", ").append(address());
            }
            text.append("};\n");
        } else if (elements == 1) {
            text.append(pick(" .u64 ", " .align 32 .s64 ")).append(name).append(pick(";\n", " = 12345678901;\n"));
        } else {
            text.append(" .align 8 .b8 ").append(name).append('[').append(bytes)
                    .append(pick("];\n", "] = {1, 2, 0xff,\n 4};\n"));
        }
        variables.add(new Variable(name, constant, bytes, pointers));
    }

    private String address() {
        Variable target = any(false);
        int offset = 4 * random.nextInt(target.bytes / 4);
        return pick(target.name + "+" + offset, "generic(" + target.name + ")+" + offset, "7");
    }

    private Variable any(boolean constant) {
        List<Variable> fitting = variables.stream().filter(variable -> variable.constant == constant).toList();
        return fitting.isEmpty() ? variables.getFirst() : fitting.get(random.nextInt(fitting.size()));
    }

    private void kernel() {
        text.append(".visible .entry k(.param .u64 out)\n{\n.reg .b64 base, at; .reg .b32 sum, t; .reg .pred p;\n");
        if (hiding && random.nextBoolean()) {
            // Hides all variables from w0 on, in the whole function.
            text.append(".reg .b32 w<").append(random.nextInt(4)).append(">;\n");
        }
        text.append("ld.param.u64 base, [out];\nmov.u64 at, base;\nmov.u32 sum, 1;\n")
                .append("mov.u32 t, 0;\nsetp.eq.u32 p, t, 0;\n");
        int hidden = text.lastIndexOf(".reg .b32 w<") < 0 ? 0
                : text.charAt(text.lastIndexOf(".reg .b32 w<") + 12) - '0';
        int statements = 3 + random.nextInt(12);
        for (int i = 0; i < statements; i++) {
            Variable variable = any(random.nextInt(6) == 0);
            if (variables.indexOf(variable) >= hidden) {
                statement(variable);
            }
        }
        text.append("st.global.u32 [base], sum;\nret;\n}\n");
    }

    private void statement(Variable variable) {
        int offset = 4 * random.nextInt(variable.bytes / 4);
        String where = variable.name + pick("+" + offset, " + " + offset, "/* + */+" + offset);
        String use = "mad.lo.u32 sum, sum, 31, t;\n";
        if (variable.constant) {
            text.append("ld.const.u32 t, [").append(where).append("]; ").append(use);
            return;
        }
        String guard = pick("", "@p ", "@!p ", "\nL" + stored + text.length() + ": ");
        switch (random.nextInt(8)) {
            case 0 -> text.append(guard).append("ld.global.u32 t, [").append(where).append("];\n").append(use);
            case 1 -> text.append("mov.u64 at, base; ").append(guard).append("mov.u64 at, ").append(where)
                    .append("; @p ld.global.u32 t, [at];\n").append(use);
            case 2 -> text.append("cvta.global.u64 at, ").append(where).append(";\nld.u32 t, [at]; ").append(use);
            case 3 -> text.append(guard).append("mov.b64 at, ").append(where).append(";\nst.global.u64 [base+")
                    .append(8 * ++stored).append("], at;\n");
            case 4 -> {
                String name = hiding ? variable.name : "other";
                text.append("{\n.reg .b32 ").append(name).append(";\nmov.u32 ").append(name)
                        .append(", 5; add.u32 sum, sum, ").append(name).append(";\n}\n");
            }
            case 5 -> {
                if (variable.pointers) {
                    text.append("ld.global.u64 at, [").append(variable.name).append("];\nst.global.u64 [base+")
                            .append(8 * ++stored).append("], at;\n");
                } else {
                    text.append(guard).append("st.global.u32 [").append(where).append("], sum;\n");
                }
            }
            case 6 -> {
                if (!variable.pointers) {
                    text.append("{ ").append(guard).append("atom.global.add.u32 t, [").append(where)
                            .append("], sum; } ").append(use);
                }
            }
            default -> {
                if (!variable.pointers) {
                    text.append("red.global.xor.b32 [").append(where).append("], sum; // ").append(variable.name)
                            .append('\n');
                }
            }
        }
    }
}
